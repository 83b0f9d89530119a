"""Write a column that holds a time as seconds, and seconds as such a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.sql.identifiers import name

if TYPE_CHECKING:
    from bygones.compiler.catalog.model import Column

EPOCH = "TIMESTAMP '1970-01-01 00:00:00'"


class Moment:
    """A column that holds a time, read as seconds since 1970 and compared with them."""

    def __init__(self, column: Column) -> None:
        """Take the column, and whether its values are instants."""
        self.name = name(column.name)
        self.is_instant = column.data_type == "timestamp"

    def seconds(self, value: str) -> str:
        """Write a value of it as seconds."""
        if self.is_instant:
            return f"UNIX_TIMESTAMP({value})"
        return f"TIMESTAMPDIFF(MICROSECOND, {EPOCH}, {value}) * 0.000001"

    def moment(self, seconds: str) -> str:
        """Write seconds as a value to compare it with."""
        if self.is_instant:
            return f"FROM_UNIXTIME({seconds})"
        return f"{EPOCH} + INTERVAL 1000000 * {seconds} MICROSECOND"
