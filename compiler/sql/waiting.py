"""Write how a root is known while it waits: by a number, or by a text.

All archives share one table, for rights are granted by table, and whoever declares an
archive need not be who grants them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.sql.columns import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bygones.compiler.catalog.model import Column

UTF8 = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


@dataclass(frozen=True, slots=True)
class Numbered:
    """Roots whose key is one integer. A place is the number of one that waits (`w`)."""

    column: str
    definition: Column

    is_numbered = True
    place = "root_number"
    type = "DECIMAL (20, 0)"
    # Beside the archive and the lane, in all of its rows.
    constant = ""

    def values(self, place: str) -> str:
        """Write the two columns of a place."""
        return f"{place}, ''"

    def value(self, alias: str) -> str:
        """Write the place of a row."""
        return f"{alias}.{self.column}"

    def is_row(self, alias: str) -> str:
        """Write that a row of the source, or of history, is what waits."""
        return f"w.root_number = {self.value(alias)} AND w.root_text = ''"

    def in_source(self) -> str:
        """Write that what waits is the row `s` of the source, by the source's key."""
        return f"s.{self.column} = CAST(w.root_number AS {sign(self.definition)})"

    def decoded(self, key: str) -> str:
        """Write the place that a lane's row holds as text: ["17"]."""
        return f"CAST(SUBSTR({key}, 3, LENGTH({key}) - 4) AS {self.type})"

    def encoded(self, place: str) -> str:
        """Write it as this text; NULL as NULL."""
        return f"""CONCAT('["', {place}, '"]')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Roots with any other key, which is written as JSON."""

    # Columns, and what writes the value of each in an encoded key.
    keys: Sequence[tuple[str, Callable[[str], str]]]
    encode: Callable[[str], str]
    is_noted_once: bool

    is_numbered = False
    place = "root_text"
    type = f"VARCHAR(700) {UTF8}"
    constant = "w.root_number = 0"

    def values(self, place: str) -> str:
        """Write the two columns of a place."""
        return f"0, {place}"

    def value(self, alias: str) -> str:
        """Write the place of a row."""
        return self.encode(alias)

    def is_row(self, alias: str) -> str:
        """Write that a row of the source, or of history, is what waits."""
        return f"{self.constant} AND w.root_text = {self.value(alias)}"

    def in_source(self) -> str:
        """Write that what waits is the row `s` of the source, by the source's key."""
        terms = [
            f"s.{column} = {decode('w.root_text')}" for column, decode in self.keys
        ]
        if not self.is_noted_once:
            # Rewritten in another case while it waits, a key is noted a second time.
            terms.append(f"w.root_text = {self.value('s')}")
        return "\nAND ".join(terms)

    def decoded(self, key: str) -> str:
        """Write the place that a lane's row holds."""
        return key

    def encoded(self, place: str) -> str:
        """Write it as the lane's row holds it."""
        return place
