"""Seconds of hostile writers: none of them suffers, nothing is torn or lost."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.procedures import (
    copy_all,
    copy_chunk,
    overlook_drift,
    query,
    value,
    verify_chunk,
)
from tests.support.sql.storm import LAWFUL, TORN, Storm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

SEED = 20260101


@pytest.mark.parametrize(
    ("lanes", "seconds"),
    [
        # How many arrive in three seconds is the machine's matter, so not in CI.
        pytest.param(2, 3, marks=pytest.mark.soak),
        pytest.param(1, 60, marks=pytest.mark.soak),
        pytest.param(2, 60, marks=pytest.mark.soak),
    ],
)
def test_a_storm_of_writers_is_not_hurt_and_tears_and_loses_nothing(
    make_shop: Callable[..., OpenShop], lanes: int, seconds: int
) -> None:
    shop = make_shop(finished=1615)
    query(shop.admin, "CALL split_orders(%s)", lanes)
    storm = Storm(shop, SEED)
    caller = shop.connect(shop.caller_url)
    others = Others(shop, lanes - 1)

    storm.rage()
    others.work()
    end = time.monotonic() + seconds
    nowhere = one_pass(shop, caller)
    passes = 1
    while time.monotonic() < end:
        if passes < 4:
            begin_pass(shop, caller)
            nowhere += one_pass(shop, caller)
            passes += 1
        else:
            copy_chunk(caller)
    storm.calm()
    others.stop()
    begin_pass(shop, caller)
    one_pass(shop, caller)
    passes += 1
    caller.close()

    assert [error.args[0] for error in storm.errors] == []
    assert others.errors == []
    assert value(shop.admin, "SELECT COUNT(DISTINCT lane) FROM chunk") == lanes
    assert min(storm.written.values()) > seconds
    assert len(storm.written) == 9
    assert nowhere == []
    assert passes <= 5
    assert query(shop.admin, TORN) == []
    assert not_in_history(shop) == 0


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_in_a_storm_bad_orders_are_set_aside_and_no_others(
    make_shop: Callable[..., OpenShop], seconds: int
) -> None:
    shop = make_shop(finished=400)
    overlook_drift(shop)
    query(shop.admin, "CALL split_orders(2)")
    query(
        shop.admin,
        "CREATE TRIGGER hasty BEFORE INSERT ON notes_history FOR EACH ROW BEGIN"
        " IF NEW.history_root_id % 97 = 0 THEN SIGNAL SQLSTATE '45000'"
        " SET MESSAGE_TEXT = 'no'; END IF; END",
    )
    storm = Storm(shop, SEED)
    caller = shop.connect(shop.caller_url)
    others = Others(shop, 1)

    storm.rage()
    others.work()
    end = time.monotonic() + seconds
    one_pass(shop, caller)
    while time.monotonic() < end:
        begin_pass(shop, caller)
        one_pass(shop, caller)
    storm.calm()
    others.stop()
    begin_pass(shop, caller)
    one_pass(shop, caller)
    bad = query(
        shop.admin,
        "SELECT w.root_key FROM waiting AS w WHERE w.reason = 'quarantined'"
        " AND (w.errno <> 1644 OR JSON_VALUE(w.root_key, '$[0]') % 97 <> 0)",
    )
    missing = query(
        shop.admin,
        f"SELECT o.id FROM {shop.source}.orders AS o"
        " WHERE status IN ('uncollected', 'cancelled', 'dispensed')"
        " AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = o.id)",
    )
    waiting = value(
        shop.admin, "SELECT COUNT(*) FROM waiting WHERE reason = 'quarantined'"
    )
    query(shop.admin, "DROP TRIGGER hasty")
    query(shop.admin, "CALL retry_quarantine('orders')")
    states = [copy_chunk(caller)["state"] for _ in range(50)]
    caller.close()

    assert [error.args[0] for error in storm.errors] == []
    assert others.errors == []
    assert bad == []
    assert len(missing) == waiting > 0
    assert states[-1] == "idle"
    assert query(shop.admin, TORN) == []
    assert not_in_history(shop) == 0


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_in_a_storm_verification_finds_what_differs_and_nothing_else(
    make_shop: Callable[..., OpenShop], seconds: int
) -> None:
    shop = make_shop(finished=400)
    storm = Storm(shop, SEED, LAWFUL)
    caller, verifier = shop.connect(shop.caller_url), shop.connect(shop.caller_url)
    others = Others(shop, 1)
    copy_all(caller)
    (planted,) = query(shop.admin, "SELECT MIN(id) AS id FROM orders_history")
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET remark = 'planted' WHERE id = %s",
        planted["id"],
    )

    storm.rage()
    others.work()
    end = time.monotonic() + seconds
    verified = verify_all(verifier)
    while time.monotonic() < end:
        begin_pass(shop, caller)
        one_pass(shop, caller)
        verified = verify_all(verifier)
    storm.calm()
    others.stop()
    findings = query(shop.admin, "SELECT root_key, kind, relation FROM finding")
    arrived = value(shop.admin, "SELECT COUNT(*) FROM orders_history")
    caller.close()
    verifier.close()

    assert [error.args[0] for error in storm.errors] == []
    assert others.errors == []
    assert [(row["root_key"], row["kind"]) for row in findings] == [
        (f'["{planted["id"]}"]', "different")
    ]
    assert findings[0]["relation"] == "orders"
    assert 400 < verified <= arrived


def verify_all(verifier: Connection) -> int:
    """CALL to the end of a verification, a few roots at a time; count them."""
    roots = 0
    while True:
        row = verify_chunk(verifier, 50)
        roots += int(row["roots"])
        if row["state"] == "idle":
            return roots


class Others:
    """Further workers, who CALL until they are told to stop."""

    def __init__(self, shop: OpenShop, number: int) -> None:
        self.sessions = [shop.connect(shop.caller_url) for _ in range(number)]
        self.threads = [
            threading.Thread(target=self._work, args=(session,), daemon=True)
            for session in self.sessions
        ]
        self.errors: list[Exception] = []
        self.is_over = threading.Event()

    def work(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join()
        for session in self.sessions:
            session.close()

    def _work(self, session: Connection) -> None:
        try:
            while not self.is_over.is_set():
                copy_chunk(session)
        except pymysql.Error as error:
            self.errors.append(error)


def begin_pass(shop: OpenShop, caller: Connection) -> None:
    number = value(shop.admin, "SELECT pass FROM archive")
    query(shop.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")
    while value(shop.admin, "SELECT pass FROM archive") == number:
        copy_chunk(caller)


def one_pass(shop: OpenShop, caller: Connection) -> list[int]:
    """CALL to the end of a pass; of the orders finished before, list who is nowhere.

    A writer may have reopened one meanwhile: then it waits.
    """
    finished = {row["id"] for row in query(shop.admin, FINISHED.format(s=shop.source))}
    while True:
        copy_chunk(caller)
        if not query(
            shop.admin, "SELECT 1 FROM lane WHERE phase IN ('scan', 'closing')"
        ):
            break
    nowhere = query(shop.admin, f"{FINISHED} {NOWHERE}".format(s=shop.source))
    return sorted(finished & {row["id"] for row in nowhere})


FINISHED = (
    "SELECT o.id FROM {s}.orders AS o"
    " WHERE o.status IN ('uncollected', 'cancelled', 'dispensed')"
)
NOWHERE = (
    "AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = o.id)"
    " AND NOT EXISTS (SELECT 1 FROM waiting AS w"
    " WHERE w.root_key = CAST(JSON_ARRAY(CAST(o.id AS CHAR)) AS CHAR))"
)


def not_in_history(shop: OpenShop) -> int:
    return int(
        value(
            shop.admin,
            f"SELECT COUNT(*) FROM {shop.source}.orders AS o "
            "WHERE status IN ('uncollected', 'cancelled', 'dispensed') "
            "AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = o.id)",
        )
    )
