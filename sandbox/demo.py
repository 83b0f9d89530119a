"""Show the main job from nothing: finished orders become history, and that is proven.

The last line on stdout is one JSON object; the exit code is 0 if everything held.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pymysql

from bygones.runner.connection import SETTING, connect, parse_url
from bygones.runner.errors import BygonesError
from bygones.sandbox import tampering
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import FAMILIES
from bygones.sandbox.invocations import deployed
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.oracle import compare
from bygones.sandbox.outcome import measure
from bygones.sandbox.sample import SAMPLE
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import PROJECT, Shop, close_shop, open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from bygones.sandbox.outcome import Outcome
    from bygones.sandbox.server import Server

    Connection = pymysql.Connection[Cursor]

FINISHED_ORDERS = 1615
# Small, so that there is a half-way to be killed at.
ORDERS_PER_CALL_BEFORE_THE_KILL = 25
INTERRUPTED = 130  # as the shell has it: 128 + SIGINT


def main() -> int:
    """Run the demonstration and return the exit code."""
    narrator = Narrator()
    narrator.title("bygones: finished orders become history that cannot change")
    facts: dict[str, object] = {}
    try:
        _demonstrate(narrator, facts)
    except (SandboxError, BygonesError, pymysql.Error) as error:
        narrator.complain(str(error), unless=False)
    except KeyboardInterrupt:
        return INTERRUPTED
    return narrator.end(facts)


def judge(shop: Shop, admin: Connection, narrator: Narrator) -> Outcome:
    """Compare history with its source, and complain about what isn't so."""
    outcome = measure(shop, admin)
    narrator.say(
        f"{outcome.finished:,} finished orders with {outcome.rows_expected:,} rows: "
        f"{outcome.missing:,} missing, {outcome.different:,} different, "
        f"{outcome.surplus:,} too many."
    )
    narrator.say(
        f"{outcome.calls:,} CALLs copied {outcome.copied:,} orders in "
        f"{outcome.seconds:.2f} s; {outcome.unfinished:,} unfinished orders wait, "
        f"{outcome.quarantined:,} are quarantined."
    )
    for sentence in outcome.complaints():
        narrator.complain(sentence, unless=False)
    return outcome


def _demonstrate(narrator: Narrator, facts: dict[str, object]) -> None:
    with ExitStack() as stack:
        narrator.step("A throwaway server")
        server = _start(stack, narrator)

        narrator.step("A sample pharmacy, with all that old shops have in their tables")
        shop = stack.enter_context(_shop(server, narrator))
        admin = stack.enter_context(closing(_as_superuser(shop)))
        _count_orders(admin, narrator)

        narrator.step("alembic upgrade head")
        _install(shop, narrator)

        narrator.step("The Lambda copies, is killed half-way, and the next one goes on")
        measured = _copy(shop, admin, narrator)

        narrator.step("The proof: an oracle reads both schemas and compares every byte")
        outcome = judge(shop, admin, narrator)
        narrator.complain(
            f"{FINISHED_ORDERS:,} finished orders were filled in, the oracle counts "
            f"{outcome.finished:,}.",
            unless=outcome.finished == FINISHED_ORDERS,
        )

        narrator.step("History stays as it is: the server's superuser tries")
        tampering.try_to_change_history(shop, admin, narrator)

        narrator.step("Would the oracle see it? A copy of history without triggers")
        tampering.try_the_oracle(shop, admin, narrator)
        facts |= outcome.as_facts() | {"server": _title(server)} | measured


def _start(stack: ExitStack, narrator: Narrator) -> Server:
    began = time.monotonic()
    with narrator.waiting("Getting a server; the first time it is downloaded"):
        server = stack.enter_context(find_server())
    seconds = time.monotonic() - began
    narrator.say(f"{_title(server)} answers after {seconds:.1f} s.")
    return server


def _title(server: Server) -> str:
    return f"{FAMILIES[server.family].title} {server.version}"


@contextmanager
def _shop(server: Server, narrator: Narrator) -> Iterator[Shop]:
    with narrator.waiting("Filling the pharmacy"):
        shop = open_shop(server, finished=FINISHED_ORDERS)
    try:
        yield shop
    finally:
        close_shop(server, shop)


def _as_superuser(shop: Shop) -> Connection:
    return connect(parse_url(shop.url), schema=shop.source, seconds=60)


def _count_orders(admin: Connection, narrator: Narrator) -> None:
    with admin.cursor() as cursor:
        cursor.execute("SELECT COUNT(o.id) FROM orders AS o")
        [(orders,)] = cursor.fetchall()
    narrator.say(f"{orders:,} orders, {FINISHED_ORDERS:,} of them finished.")


def _install(shop: Shop, narrator: Narrator) -> None:
    configuration = str(SAMPLE.root / "pyproject.toml")
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "alembic", "-c", configuration, "upgrade", "head"],
        cwd=PROJECT,
        env=os.environ | {SETTING: shop.owner_url},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SandboxError(f"alembic upgrade head failed:\n{done.stderr[-2000:]}")
    for line in done.stderr.splitlines():
        if "Running upgrade" in line:
            narrator.say(line.partition(" -> ")[2])


def _copy(shop: Shop, admin: Connection, narrator: Narrator) -> dict[str, object]:
    """Copy everything, killed once on the way; return what was measured."""
    total = FINISHED_ORDERS
    with (
        narrator.counting("copying", total) as show,
        deployed(shop, show) as function,
    ):
        event = {"max_roots": ORDERS_PER_CALL_BEFORE_THE_KILL}
        killed = function.invoke_and_kill(event, total // 2)
        half = function.copied()
        verdict = compare(admin, shop.source, shop.history)
        invocations = function.finish()
        idle = function.invoke({})
        memory = function.runtime.peak_memory_bytes
    narrator.say(
        f"Killed by SIGKILL at {half:,} of {total:,} orders; the oracle finds "
        f"{verdict.different:,} of their rows different, {verdict.surplus:,} too many."
    )
    narrator.complain(
        f"The Lambda was to be killed half-way, but at {half:,} orders it ended by "
        f"{killed.kind}.",
        unless=killed.kind == "exit" and 0 < half < total,
    )
    narrator.complain(
        f"The kill tore history: {'; '.join(verdict.examples)}.",
        unless=verdict.different == verdict.surplus == 0,
    )
    times = "one more invocation" if invocations == 1 else f"{invocations} invocations"
    narrator.say(f"{times.capitalize()} copied the other {total - half:,}.")
    narrator.say(
        f"Invoked again, it copied {idle['roots']}: {idle['reason']} after "
        f"{idle['milliseconds']:.0f} ms."
    )
    narrator.complain(
        f"An invocation with nothing left to do copied {idle['roots']:,} orders and "
        f"ended by {idle['reason']}.",
        unless=idle["roots"] == 0 and idle["reason"] == "idle",
    )
    return {
        "killed_at": half,
        "idle_ms": round(idle["milliseconds"], 1),
        "runner_memory_mb": memory and round(memory / 2**20, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
