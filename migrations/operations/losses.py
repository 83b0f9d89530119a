"""Refuse a downgrade that would lose what was copied.

Most of what doesn't fit a type is an error under our sql_mode. Rounding isn't, and what
is dropped is gone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from migrations.definitions import words
from migrations.names import literal, quote, unquote
from migrations.operations.base import in_history
from migrations.sending import send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.runtime.migration import MigrationContext

# Gone again at once; as a procedure, for an offline script can't ask otherwise.
GUARD = """\
CREATE PROCEDURE {guard} ()
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Refuse a downgrade that would lose what was copied.'
BEGIN
    -- An earlier attempt has dropped it already.
    DECLARE EXIT HANDLER FOR 1146 BEGIN END;

    IF EXISTS (SELECT 1 FROM {table} AS h WHERE {loss}) THEN
        CALL _raise(30011, {message});
    END IF;
END;
"""

# To what a value of each type is rounded.
ROUNDED = {
    "DECIMAL": "DECIMAL",
    "DATE": "DATE",
    "DATETIME": "DATETIME",
    "TIMESTAMP": "DATETIME",
    "TIME": "TIME",
}


def refuse_loss(context: MigrationContext, table: str, loss: str, what: str) -> None:
    """Fail (30011) where `loss` is true of a row of a table, called `h`."""
    guard = in_history(context, "_refuse_loss")
    message = f"{table} holds {what} that would be lost: move them elsewhere first"
    drop = f"DROP PROCEDURE IF EXISTS {guard};\n"
    create = GUARD.format(
        guard=guard,
        table=in_history(context, table),
        loss=loss,
        message=literal(message),
    )
    for statement in (drop, create, f"CALL {guard}();\n", drop):
        send(context, statement)


def losses(statement: str) -> Iterator[tuple[str, str]]:
    """List columns of `h`, each with what is true of a row that would lose a value."""
    said = words(statement)
    for place, (verb, what) in enumerate(pairwise(said)):
        if what != "COLUMN" or verb not in {"DROP", "MODIFY"}:
            continue
        column = unquote(said[place + 2])
        ours = f"h.{quote(column)}"
        kind = said[place + 3] if verb == "MODIFY" else ""
        if verb == "DROP":
            yield column, f"{ours} IS NOT NULL"
        elif kind in ROUNDED:
            rounded = f"CAST({ours} AS {ROUNDED[kind]}{_length(said[place + 4 :])})"
            yield column, f"NOT {rounded} <=> {ours}"
        elif kind == "FLOAT":
            yield column, f"NOT CAST({ours} AS FLOAT) + 0e0 <=> {ours} + 0e0"


def _length(said: list[str]) -> str:
    if not said or said[0] != "(":
        return ""
    return "".join(said[: said.index(")") + 1])
