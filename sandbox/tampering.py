"""Try to change history, and show that the oracle would have seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql

from bygones.sandbox.oracle import compare

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

    from bygones.sandbox.narrator import Narrator
    from bygones.sandbox.shop import Shop

    Connection = pymysql.Connection[Cursor]

HISTORY_IS_UNCHANGEABLE = 30010

ATTEMPTS = (
    "UPDATE orders_history SET remark = 'rewritten' LIMIT 1",
    "DELETE FROM orders_history LIMIT 1",
)

# One letter's case, which a comparison under the column's collation doesn't see.
ALTER_A_BYTE = (
    "UPDATE orders_history SET remark = 'CAFe'"
    " WHERE remark = 'CAFE' COLLATE utf8mb4_bin ORDER BY id LIMIT 1"
)
DELETE_A_ROW = "DELETE FROM order_items_history ORDER BY id LIMIT 1"


def try_to_change_history(shop: Shop, admin: Connection, narrator: Narrator) -> None:
    """Show that the triggers refuse even a superuser."""
    admin.select_db(shop.history)
    for statement in ATTEMPTS:
        narrator.say(f"{statement};")
        try:
            with admin.cursor() as cursor:
                cursor.execute(statement)
        except pymysql.MySQLError as error:
            errno, message = error.args
            narrator.say(f"ERROR {errno}: {message}")
        else:
            errno = None
        narrator.complain(
            f"A superuser could change history, or was refused by another error: "
            f"{statement}",
            unless=errno == HISTORY_IS_UNCHANGEABLE,
        )


def try_the_oracle(shop: Shop, admin: Connection, narrator: Narrator) -> None:
    """Alter one byte and delete one row in a copy without triggers."""
    scratch = f"{shop.source}_scratch"
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA `{scratch}`")
        try:
            _copy_tables(cursor, shop.history, scratch)
            admin.select_db(scratch)
            for statement in (ALTER_A_BYTE, DELETE_A_ROW):
                narrator.say(f"{statement};")
                cursor.execute(statement)
            verdict = compare(admin, shop.source, scratch)
        finally:
            cursor.execute(f"DROP SCHEMA `{scratch}`")
    narrator.say(
        f"The oracle: {verdict.different} different, {verdict.missing} missing."
    )
    for example in verdict.examples:
        narrator.say(f"- {example}")
    narrator.complain(
        "The oracle saw something else than one row different and one missing.",
        unless=(verdict.different, verdict.missing, verdict.surplus) == (1, 1, 0),
    )


def _copy_tables(cursor: Cursor, history: str, scratch: str) -> None:
    cursor.execute("SET SESSION sql_mode = ''")  # zero dates are part of the sample
    cursor.execute(
        "SELECT t.table_name FROM information_schema.tables AS t"
        " WHERE t.table_schema = %s AND t.table_name LIKE '%%\\_history'",
        (history,),
    )
    for (table,) in cursor.fetchall():
        cursor.execute(
            f"CREATE TABLE `{scratch}`.`{table}` AS SELECT * FROM `{history}`.`{table}`"  # noqa: S608 - named above
        )
