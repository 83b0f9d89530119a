"""Refuse a downgrade that would lose what was copied.

Most of what doesn't fit a type is an error under our sql_mode. Rounding isn't, and what
is dropped is gone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy.exc

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
    -- An earlier attempt has dropped the table or the column already.
    DECLARE EXIT HANDLER FOR 1146, 1054 BEGIN END;

    IF EXISTS (SELECT 1 FROM {table} AS h WHERE {loss}) THEN
        CALL _raise(30011, {message});
    END IF;
END;
"""

# What is true of a value `h.x` that the type would change without a word.
ROUNDED = "NOT CAST({x} AS {type}) <=> {x}"
CUT = "CHAR_LENGTH({x}) > {length}"
# In characters that the other set lacks, or has otherwise.
MISSPELLED = (
    "NOT CAST(CONVERT(CONVERT({x} USING {set}) USING utf8mb4) AS BINARY)"
    " <=> CAST(CONVERT({x} USING utf8mb4) AS BINARY)"
)
LONG_TEXT = "LENGTH(CONVERT({x} USING {set})) > {most} OR " + MISSPELLED
LONG_BINARY = "LENGTH({x}) > {most}"
CHANGED = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT"),
        "NOT TRUNCATE({x}, 0) <=> {x}",
    ),
    **dict.fromkeys(("DECIMAL", "DATE", "DATETIME", "TIME"), ROUNDED),
    "TIMESTAMP": ROUNDED.replace("{type}", "DATETIME{size}"),
    # Beyond its range the cast itself fails.
    "FLOAT": "IF(ABS({x}) > 3.402823466e38, 1, NOT CAST({x} AS FLOAT) <=> {x})",
    # It forgets blanks at the end.
    "CHAR": f"{CUT} OR {{x}} LIKE '% ' OR {MISSPELLED}",
    "VARCHAR": f"{CUT} OR {MISSPELLED}",
    **dict.fromkeys(("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"), LONG_TEXT),
    # It is filled up with zeros.
    "BINARY": "LENGTH({x}) <> {length}",
    "VARBINARY": "LENGTH({x}) > {length}",
    **dict.fromkeys(("TINYBLOB", "BLOB", "MEDIUMBLOB"), LONG_BINARY),
}
MOST_BYTES = {"TINY": 2**8 - 1, "MEDIUM": 2**24 - 1, "LONG": 2**32 - 1}
MOST_BYTES_OF_A_TEXT = 2**16 - 1


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
    send(context, drop)
    send(context, create)
    try:
        send(context, f"CALL {guard}();\n")
    except sqlalchemy.exc.DBAPIError as error:
        if not error.connection_invalidated:
            send(context, drop)
        raise
    send(context, drop)


def losses(statement: str) -> Iterator[tuple[str, str]]:
    """List columns of `h`, each with what is true of a row that would lose a value.

    What a type can't hold at all is an error under our sql_mode, and not listed.
    """
    said = words(statement)
    for place, (verb, what) in enumerate(pairwise(said)):
        if what != "COLUMN" or verb not in {"DROP", "MODIFY"}:
            continue
        column = unquote(said[place + 2])
        ours = f"h.{quote(column)}"
        if verb == "DROP":
            yield column, f"{ours} IS NOT NULL"
        elif said[place + 3] in CHANGED:
            yield column, _changed(ours, said[place + 3 :])


def _changed(ours: str, type_: list[str]) -> str:
    """Write what is true of a value that a type would change."""
    kind = type_[0]
    has_size = type_[1] == "("
    end = type_.index(")") if has_size else 0
    size = "".join(type_[1 : end + 1])
    has_set = type_[end + 1 : end + 3] == ["CHARACTER", "SET"]
    return CHANGED[kind].format(
        x=ours,
        type=kind + size,
        size=size,
        length=size.strip("()"),
        set=type_[end + 3] if has_set else None,
        most=MOST_BYTES.get(
            kind.removesuffix("TEXT").removesuffix("BLOB"), MOST_BYTES_OF_A_TEXT
        ),
    )
