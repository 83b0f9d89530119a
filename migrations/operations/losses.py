"""Refuse a downgrade that would lose what was copied.

Most of what doesn't fit a type is an error under our sql_mode, but one that comes
half-way. What is rounded or cut is none, and what is dropped is gone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy.exc

from bygones.compiler.definitions import words
from bygones.compiler.names import literal, quote, unquote
from bygones.migrations.operations.base import in_history
from bygones.migrations.sending import send

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

INTEGERS = {"TINYINT": 1, "SMALLINT": 2, "MEDIUMINT": 3, "INT": 4, "BIGINT": 8}
MOST_BYTES = {
    "TINY": 2**8 - 1,
    "": 2**16 - 1,
    "MEDIUM": 2**24 - 1,
    "LONG": 2**32 - 1,
}
SHAPES = (
    *("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING"),
    *("MULTIPOLYGON", "GEOMETRYCOLLECTION", "GEOMCOLLECTION"),
)
# What is true of a value that a type can't hold as it is.
MISFITS = {
    **dict.fromkeys(
        INTEGERS, "NOT {x} BETWEEN {least} AND {most} OR NOT TRUNCATE({x}, 0) <=> {x}"
    ),
    **dict.fromkeys(("DECIMAL", "DATE", "DATETIME", "TIME"), "NOT {cast} <=> {x}"),
    "TIMESTAMP": "NOT CAST({x} AS DATETIME{size}) <=> {x}",
    # Beyond its range the cast itself fails.
    "FLOAT": "IF(ABS({x}) > 3.402823466e38, 1, NOT CAST({x} AS FLOAT) <=> {x})",
    # But for the sign, it has all there is.
    "DOUBLE": "FALSE",
    "BIT": "{x} + 0 > {most}",
    "ENUM": "{x} + 0 > 0 AND CAST({text} AS BINARY) NOT IN ({binary_values})",
    "SET": "{left} NOT IN ('', ',,')",
    # It forgets blanks at the end.
    "CHAR": "CHAR_LENGTH({x}) > {length} OR {x} LIKE '% ' OR {misspelled}",
    "VARCHAR": "CHAR_LENGTH({x}) > {length} OR {misspelled}",
    **{
        f"{size}TEXT": f"LENGTH({{respelled}}) > {most} OR {{misspelled}}"
        for size, most in MOST_BYTES.items()
    },
    # It is filled up with zeros.
    "BINARY": "LENGTH({x}) <> {length}",
    "VARBINARY": "LENGTH({x}) > {length}",
    **{f"{size}BLOB": f"LENGTH({{x}}) > {most}" for size, most in MOST_BYTES.items()},
    **{kind: f"ST_GeometryType({{x}}) <> '{kind}'" for kind in SHAPES},
}
# In characters that the other set lacks, or has otherwise.
MISSPELLED = (
    "NOT CAST(CONVERT({respelled} USING utf8mb4) AS BINARY) <=> CAST({text} AS BINARY)"
)


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
    """List columns of `h`, each with what is true of a row that would lose a value."""
    said = words(statement)
    for place, (verb, what) in enumerate(pairwise(said)):
        if what != "COLUMN" or verb not in {"DROP", "MODIFY"}:
            continue
        column = unquote(said[place + 2])
        ours = f"h.{quote(column)}"
        if verb == "DROP":
            yield column, f"{ours} IS NOT NULL"
        elif said[place + 3] in MISFITS:
            yield column, _misfit(ours, said[place + 3 :])


def _misfit(ours: str, type_: list[str]) -> str:
    """Write what is true of a value that a type can't hold as it is."""
    kind = type_[0]
    end = type_.index(")") if type_[1] == "(" else 0
    listed = [word for word in type_[2:end] if word != ","]
    rest = type_[end + 1 :]
    size = f"({', '.join(listed)})" if listed else ""
    least, most = _range(kind, listed, is_unsigned="UNSIGNED" in rest[:1])
    filled = {
        "x": ours,
        "size": size,
        "length": size.strip("()"),
        "least": least,
        "most": most,
        "text": f"CONVERT({ours} USING utf8mb4)",
        "cast": f"CAST({ours} AS {kind}{size})",
        "binary_values": ", ".join(f"CAST({value} AS BINARY)" for value in listed),
    }
    character_set = rest[2] if rest[:2] == ["CHARACTER", "SET"] else "binary"
    filled["respelled"] = f"CONVERT({ours} USING {character_set})"
    filled["left"] = f"CONCAT(',', REPLACE({filled['text']}, ',', ',,'), ',')"
    for value in listed if kind == "SET" else ():
        filled["left"] = f"REPLACE({filled['left']}, CONCAT(',', {value}, ','), '')"
    filled["misspelled"] = MISSPELLED.format(**filled)
    misfit = MISFITS[kind].format(**filled)
    is_negative = f"{ours} < 0 OR " if "UNSIGNED" in rest[:1] else ""
    return is_negative + misfit


def _range(kind: str, listed: list[str], *, is_unsigned: bool) -> tuple[int, int]:
    if kind == "BIT":
        return 0, 2 ** int(listed[0]) - 1
    bits = 8 * INTEGERS.get(kind, 0)
    if is_unsigned or not bits:
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
