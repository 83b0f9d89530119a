"""A server is probed over two connections, by hand or where a CALL asks for it."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.runner.connection import SETTING, connect, parse_url
from bygones.runner.errors import BygonesError
from bygones.runner.probe import Probed, probe
from bygones.runner.procedures import Procedures
from tests.server.sql.test_probe import lead_the_writer_astray, read_plainly
from tests.support.procedures import (
    edit_procedure,
    query,
    restore_procedure,
    value,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop

pytestmark = pytest.mark.core

TWO_INSTANTS = "not shared: the statements of a function saw two instants"


def bygones(shop: OpenShop, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={SETTING: shop.caller_url})


def procedures_of(shop: OpenShop) -> Procedures:
    caller = parse_url(shop.caller_url)
    return Procedures(lambda: connect(caller, schema=caller.history, seconds=30))


def ask_for_a_probe(shop: OpenShop) -> None:
    """Forget that this very server was probed."""
    query(shop.admin, "DELETE FROM probe")


def test_two_sessions_with_execute_alone_are_enough(shop: OpenShop) -> None:
    probed = probe(lambda: procedures_of(shop))

    assert probed == Probed(verdict="shared", reason=None)
    assert str(probed) == "shared"


def test_what_keeps_the_writer_off_is_told(shop: OpenShop) -> None:
    edit_procedure(shop, "_canary", old="500", new="5")
    query(shop.admin, "DROP PROCEDURE probe_writer")

    with closing(procedures_of(shop)) as procedures, pytest.raises(BygonesError) as off:
        procedures.probe()

    assert off.value.errno == 1305
    assert "CALL probe_writer failed" in str(off.value)


@pytest.mark.parametrize("command", ["run", "verify"])
@pytest.mark.parametrize(
    "change", ["DELETE FROM probe", "UPDATE probe SET version = '5.0'"]
)
def test_a_run_that_meets_another_server_probes_it_and_goes_on(
    shop: OpenShop, command: str, change: str
) -> None:
    bygones(shop, "probe")
    ask_for_a_probe(shop)
    query(shop.admin, change)

    result = bygones(shop, command)

    assert (result.exit_code, result.stderr) == (0, ""), result.stdout
    assert value(shop.admin, "SELECT version = VERSION() FROM probe") == 1


def test_a_run_on_a_server_without_one_view_stops_and_copies_nothing(
    shop: OpenShop,
) -> None:
    read_plainly(shop)
    ask_for_a_probe(shop)

    result = bygones(shop, "run")

    assert result.exit_code == 1
    assert "no probe: it found: not shared; bygones probe" in result.stderr
    assert "errno 30021" in result.stderr
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0
    assert value(shop.admin, "SELECT verdict FROM probe") == "not shared"


def test_the_command_says_what_was_learned(shop: OpenShop) -> None:
    shared, as_json = bygones(shop, "probe"), bygones(shop, "probe", "--json")
    lead_the_writer_astray(shop)
    inconclusive = bygones(shop, "probe")
    restore_procedure(shop, "probe_writer")
    read_plainly(shop)
    not_shared = bygones(shop, "probe")

    assert (shared.exit_code, shared.stdout) == (0, "shared\n")
    assert json.loads(as_json.stdout) == {"verdict": "shared", "reason": None}
    assert (inconclusive.exit_code, inconclusive.stdout) == (
        75,
        "inconclusive: what the writer committed is not to be seen\n",
    )
    assert (not_shared.exit_code, not_shared.stdout) == (1, f"{TWO_INSTANTS}\n")


def test_the_doctor_probes_as_well(shop: OpenShop) -> None:
    before = bygones(shop, "doctor", "--json")
    read_plainly(shop)
    after = bygones(shop, "doctor", "--json")

    said = [
        check
        for result in (before, after)
        for check in json.loads(result.stdout)["checks"]
        if check["name"] == "one view"
    ]
    assert [(check["verdict"], check["found"]) for check in said] == [
        ("OK", "a chunk is read at one instant, and locks no row"),
        ("stop", f"the probe found {TWO_INSTANTS}"),
    ]
    assert (before.exit_code, after.exit_code) == (0, 1)
