"""The demo proves what it says, and fails where it isn't so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bygones.sandbox.demo import judge
from bygones.sandbox.invocations import deployed
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.shop import PROJECT
from bygones.sandbox.tampering import try_the_oracle, try_to_change_history
from tests.support.procedures import overlook_drift

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop


def run_demo(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bygones.sandbox.demo"],
        cwd=PROJECT,
        env=os.environ | {"BYGONES_TEST_URL": url},
        check=False,
        capture_output=True,
        text=True,
    )


def last_line(output: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(output.splitlines()[-1])
    return facts


@pytest.fixture
def copied(shop: OpenShop) -> OpenShop:
    with deployed(shop, lambda _: None) as function:
        function.finish()
    return shop


def change_history(shop: OpenShop, *statements: str) -> None:
    """Change it as somebody could who may drop triggers."""
    overlook_drift(shop)
    with shop.admin.cursor() as cursor:
        cursor.execute("DROP TRIGGER orders_history_before_update")
        cursor.execute("DROP TRIGGER order_items_history_before_delete")
        cursor.execute("SET SESSION sql_mode = ''")
        for statement in statements:
            assert cursor.execute(statement) == 1


@pytest.mark.core
def test_the_whole_demo_holds_and_ends_in_json(server: Server) -> None:
    done = run_demo(server.url)

    facts = last_line(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [facts[name] for name in ("finished", "copied")] == [1615, 1615]
    assert [facts[name] for name in ("missing", "different", "quarantined")] == [
        0,
        0,
        0,
    ]
    assert facts["rows"] > 1615
    assert 0 < facts["killed_at"] < 1615
    assert server.version in facts["server"]
    assert "complaints" not in facts
    assert "\x1b" not in done.stdout + done.stderr


def test_a_demo_without_a_server_says_so_and_fails() -> None:
    done = run_demo("mysql://root@localhost/?unix_socket=/nowhere")

    assert done.returncode == 1
    assert "No answer from the server at BYGONES_TEST_URL" in done.stdout
    assert len(last_line(done.stdout)["complaints"]) == 1
    assert "Traceback" not in done.stderr


def test_a_faithful_history_has_no_complaints(copied: OpenShop) -> None:
    narrator = Narrator()

    outcome = judge(copied, copied.admin, narrator)

    assert (outcome.finished, outcome.copied) == (40, 40)
    assert narrator.complaints == []
    assert narrator.end(outcome.as_facts()) == 0


def test_a_history_that_was_changed_fails_the_demo(
    copied: OpenShop, capsys: pytest.CaptureFixture[str]
) -> None:
    change_history(
        copied,
        "UPDATE orders_history SET remark = 'CAFe' WHERE id = 5",
        "DELETE FROM order_items_history WHERE id = 0",
    )
    narrator = Narrator()

    outcome = judge(copied, copied.admin, narrator)

    assert narrator.end(outcome.as_facts()) == 1
    assert narrator.complaints == [
        "Rows of the source that history lacks: 1.",
        "Rows of history that differ from the source: 1.",
        "The oracle says: orders of order 5: column remark: source CAFE, history CAFe.",
        "The oracle says: order_items of order 0: id=0 is missing.",
    ]
    assert last_line(capsys.readouterr().out)["different"] == 1


def test_orders_that_nobody_copied_fail_the_demo(shop: OpenShop) -> None:
    narrator = Narrator()

    outcome = judge(shop, shop.admin, narrator)

    assert outcome.copied == 0
    assert "40 orders are finished, but 0 were copied." in narrator.complaints


def test_history_that_can_be_changed_fails_the_demo(copied: OpenShop) -> None:
    change_history(copied)
    narrator = Narrator()

    try_to_change_history(copied, copied.admin, narrator)

    assert [sentence.partition(":")[0] for sentence in narrator.complaints] == [
        "A superuser could change history, or was refused by another error"
    ]


def test_the_oracle_sees_the_altered_byte_and_the_deleted_row(copied: OpenShop) -> None:
    narrator = Narrator()

    try_the_oracle(copied, copied.admin, narrator)

    assert narrator.complaints == []


def test_an_oracle_that_sees_something_else_fails_the_demo(copied: OpenShop) -> None:
    change_history(copied, "DELETE FROM order_items_history ORDER BY id DESC LIMIT 1")
    narrator = Narrator()

    try_the_oracle(copied, copied.admin, narrator)

    assert narrator.complaints == [
        "The oracle saw something else than one row different and one missing."
    ]
