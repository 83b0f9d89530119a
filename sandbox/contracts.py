"""What callers and operators rely on: a procedure's parameters, its result's columns.

`make release` freezes it in sql/control/contracts.json. What is frozen stays: a change
is a procedure with another name, so that old runners and new databases work together.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pymysql

from bygones.compiler.project import CONTROL
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.public import PUBLIC

if TYPE_CHECKING:
    from bygones.sandbox.public import Public
    from bygones.sandbox.shop import Shop

FROZEN = CONTROL / "contracts.json"
# Two sessions that wait for one another, and what says which run it means.
TOGETHER = ("probe_reader", "probe_writer")
OPENS, NAMED = "open_run", "in_run_id"

Contract = dict[str, list[str]]


def frozen() -> dict[str, Contract]:
    """Read what was released."""
    contracts: dict[str, Contract] = json.loads(FROZEN.read_text("utf-8"))
    return contracts


def freeze(contracts: dict[str, Contract]) -> None:
    """Write down what is to stay, beside what was released before."""
    text = json.dumps(contracts | frozen(), indent=2, sort_keys=True)
    FROZEN.write_text(f"{text}\n", encoding="utf-8")


def contracts(shop: Shop) -> dict[str, Contract]:
    """CALL every public procedure of an installed shop."""
    with ThreadPoolExecutor() as pool:
        probing = [pool.submit(_columns, shop, PUBLIC[name]) for name in TOGETHER]
        columns = {n: each.result() for n, each in zip(TOGETHER, probing, strict=True)}
    run = str(_call(shop, PUBLIC[OPENS])[1][0])
    for name, public in PUBLIC.items():
        columns.setdefault(name, _columns(shop, public, **{NAMED: run}))
    return {
        name: {
            "parameters": list(map(" ".join, zip(p.parameters, p.types, strict=True))),
            "columns": columns[name],
        }
        for name, p in PUBLIC.items()
    }


def _columns(shop: Shop, public: Public, **arguments: str) -> list[str]:
    return _call(shop, public, **arguments)[0]


def _call(
    shop: Shop, public: Public, **arguments: str
) -> tuple[list[str], tuple[object, ...]]:
    """CALL one, and return its columns and its first row."""
    call = public.call(**arguments)
    with closing(shop.connect()) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(call)
        except pymysql.Error as error:
            raise SandboxError(
                f"{call} fails, so its columns can't be told: {error}; give its "
                "parameters a value in TYPICAL, sandbox/public.py"
            ) from error
        return [column[0] for column in cursor.description], cursor.fetchall()[0]
