"""A shop that is lent is as if it were new, whatever the test before did to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import copy_all, edit_procedure, query, value

if TYPE_CHECKING:
    from tests.support.lending import Lender


def test_what_was_done_to_rows_and_procedures_is_mended(lender: Lender) -> None:
    with lender.lent() as first:
        copy_all(first.admin, 7)
        query(first.admin, "CALL pause_archive('orders', 'x')")
        query(first.admin, f"UPDATE {first.source}.orders SET remark = 'other'")
        edit_procedure(first, "_copy_notes", old="    INSERT", new="DO 1; INSERT")
        query(first.admin, "DROP PROCEDURE progress")
        query(first.admin, "CREATE PROCEDURE more() DO 1")

    with lender.lent() as second:
        remarks = value(
            second.admin,
            f"SELECT COUNT(*) FROM {second.source}.orders WHERE remark = 'other'",
        )
        before = value(second.admin, "SELECT COUNT(*) FROM orders_history")
        rows = copy_all(second.admin)
        progress = query(second.admin, "CALL progress()")
        chunk = value(second.admin, "SELECT MIN(id) FROM chunk")

        assert second.source == first.source
        assert (remarks, before, len(progress), chunk) == (0, 0, 1, 2**32 + 1)
        assert sum(row["roots"] for row in rows) == 40
        assert compare(second.admin, second.source, second.history).complete


@pytest.mark.parametrize(
    "harm",
    [
        "ALTER TABLE notes_history MODIFY body LONGTEXT NOT NULL",
        "DROP TABLE labels_history",
        "CREATE TABLE more (id INT)",
        "DROP TRIGGER notes_history_before_update",
        "GRANT SELECT ON {source}.orders TO {source}_caller",
    ],
)
def test_a_shop_that_is_not_as_it_was_is_not_lent_again(
    lender: Lender, harm: str
) -> None:
    with lender.lent() as first:
        query(first.admin, harm.format(source=first.source))

    with lender.lent() as second:
        assert second.source != first.source


def test_no_session_of_the_test_before_is_left(lender: Lender) -> None:
    with lender.lent() as first:
        left = first.connect(first.caller_url)
        left.begin()
        query(left, "CALL progress()")

    with lender.lent() as second:
        assert second.source == first.source
        sessions = query(
            second.admin,
            "SELECT id FROM information_schema.processlist"
            " WHERE db = %s AND id <> CONNECTION_ID()",
            second.history,
        )
    assert sessions == []
