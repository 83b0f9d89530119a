"""A migration that failed half-way can be run again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy
from sqlalchemy import event

from bygones.compiler.errors import MigrationError
from bygones.sandbox.shop import downgrade, upgrade
from tests.support.migrations.commands import alembic, failure
from tests.support.migrations.snapshot import rows, snapshot
from tests.support.procedures import copy_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.sandbox.shop import Shop
    from tests.conftest import OpenShop

# Every so many statements; a prime, so that it meets every kind of statement.
STEP = 13


@contextmanager
def killed_before(shop: OpenShop, number: int) -> Iterator[list[str]]:
    """KILL the session that migrates before its statement of that number."""
    sent: list[str] = []

    def count(
        connection: sqlalchemy.Connection, _cursor: object, statement: str, *_: object
    ) -> None:
        sent.append(statement)
        if len(sent) == number:
            dbapi = connection.connection.dbapi_connection
            rows(shop.admin, f"KILL {dbapi.thread_id()}")  # type: ignore[union-attr]

    event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(sqlalchemy.Engine, "before_cursor_execute", count)


def run_killed_at_every_stage(
    shop: OpenShop, run: Callable[[Shop, str], None], revision: str
) -> int:
    """Start again and again, each time killed a little later; count the kills."""
    for kills in range(100):
        with killed_before(shop, 1 + kills * STEP) as sent:
            try:
                run(shop, revision)
            except MigrationError:
                assert len(sent) == 1 + kills * STEP
            else:
                return kills
    pytest.fail("it never comes to an end")


@pytest.mark.soak
def test_an_upgrade_that_is_killed_at_any_stage_can_be_run_again(
    shop: OpenShop,
) -> None:
    expected = snapshot(shop.admin, shop.history)
    downgrade(shop, "base")

    kills = run_killed_at_every_stage(shop, upgrade, "head")

    assert kills > 5
    assert snapshot(shop.admin, shop.history) == expected
    copy_all(shop.admin)


@pytest.mark.soak
def test_a_downgrade_that_is_killed_at_any_stage_can_be_run_again(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop()
    installed = snapshot(shop.admin, shop.history)

    kills = run_killed_at_every_stage(shop, downgrade, "base")

    assert kills > 5
    assert list(snapshot(shop.admin, shop.history)) == [
        "TABLE alembic_version",
        "rows of alembic_version",
    ]
    upgrade(shop)
    assert snapshot(shop.admin, shop.history) == installed


@pytest.mark.parametrize("privilege", ["CREATE VIEW", "CREATE ROUTINE", "TRIGGER"])
def test_an_upgrade_goes_on_once_a_missing_privilege_is_granted(
    shop: OpenShop, privilege: str
) -> None:
    expected = snapshot(shop.admin, shop.history)
    downgrade(shop, "base")
    where = "`{}`.*".format(shop.history.replace("_", r"\_"))
    owner = f"`{shop.source}_owner`@`%`"

    rows(shop.admin, f"REVOKE {privilege} ON {where} FROM {owner}")
    with pytest.raises(MigrationError, match="denied"):
        upgrade(shop)
    rows(shop.admin, f"GRANT {privilege} ON {where} TO {owner}")
    upgrade(shop)

    assert snapshot(shop.admin, shop.history) == expected


@pytest.mark.parametrize(
    ("conflict", "mended"),
    [
        ("VIEW waiting_root AS SELECT 1 AS archive", "VIEW waiting_root"),
        ("VIEW orders_history AS SELECT 1 AS id", "VIEW orders_history"),
        ("TABLE progress (id INT)", "TABLE progress"),
    ],
)
def test_an_upgrade_goes_on_once_a_name_is_free(
    shop: OpenShop, conflict: str, mended: str
) -> None:
    expected = snapshot(shop.admin, shop.history)
    downgrade(shop, "base")

    rows(shop.admin, f"CREATE {conflict}")
    with pytest.raises(MigrationError, match="errno 1347"):
        upgrade(shop)
    rows(shop.admin, f"DROP {mended}")
    upgrade(shop)

    assert snapshot(shop.admin, shop.history) == expected


@pytest.mark.parametrize(
    ("command", "url", "message"),
    [
        (
            ("upgrade", "head"),
            None,
            "BYGONES_DATABASE_URL isn't set; an example: mysql://user",
        ),
        (
            ("check",),
            "postgres://host/shop",
            'wrong: it doesn\'t begin with "mysql://"',
        ),
        (
            ("current",),
            "mysql://nobody@127.0.0.1:1/shop",
            "Connecting to 127.0.0.1:1 failed: ",
        ),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(
    command: tuple[str, ...], url: str | None, message: str
) -> None:
    said = failure(alembic(url, *command))

    assert said.startswith("FAILED: ")
    assert message in said


def test_a_wrong_password_is_told_in_one_line(shop: OpenShop) -> None:
    said = failure(alembic(shop.owner_url.replace(":sandbox", ":s3cret"), "current"))

    assert "errno 1045" in said
    assert "check the user and password in BYGONES_DATABASE_URL" in said
    assert "s3cret" not in said


def test_a_missing_right_is_told_in_one_line_with_the_statement(shop: OpenShop) -> None:
    done = alembic(shop.caller_url, "upgrade", "head")

    said = failure(done)
    assert "denied" in said
    assert said.endswith(
        f"in answer to: DESCRIBE `{shop.history}`.`alembic_version`); alembic is run "
        "as the owner, who needs what `bygones grants` prints: check the account in "
        "BYGONES_DATABASE_URL, or grant it that"
    )
    assert "denied" not in done.stderr  # as FAILED, and not once more


def test_an_error_of_a_script_is_told_beside_the_script() -> None:
    done = alembic("mysql://nobody@127.0.0.1:1/shop", "upgrade", "0009", "--sql")

    assert "0009" in failure(done)
    assert "ERROR   Can't locate revision identified by '0009'" in done.stderr
