"""Say what templates write of the root and of its relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bygones.compiler.sql.identifiers import name

if TYPE_CHECKING:
    from bygones.compiler.aggregate.model import Member
    from bygones.compiler.sql.reach import Reach


class Writer(Protocol):
    """What writes the objects of an archive."""

    source: str
    root_columns: list[str]

    def render(self, template: str, **values: object) -> str:
        """Fill in a template."""


class MemberView:
    """What templates write of the root or of a relation."""

    def __init__(self, writer: Writer, member: Member, reach: Reach) -> None:
        """Take the member, and how its rows are reached."""
        self.writer = writer
        self.reach = reach
        self.member = member
        self.name = member.name
        self.history = member.history
        self.chunk_index = f"{member.name}_history_chunk_ix"
        self.source = f"{name(writer.source)}.{name(member.table.name)}"

    @property
    def kept_root(self) -> list[tuple[str, str]]:
        """Pair what holds the root's key in history with the kit's names for it."""
        values = self.reach.root_key("h")
        return list(zip(values, self.writer.root_columns, strict=True))

    @property
    def same_root(self) -> list[str]:
        """Write that a row of its history (`c`) belongs to a root (`h`) in history."""
        return self.reach.same_root(self.reach.chunk(), "c")
