"""What archives.toml declares: read by `migrations.declaration.reading`."""

from __future__ import annotations

from dataclasses import dataclass, field

# What no look comes across waits for the next full pass: a day, as a rule.
FULL_PASS_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """All that archives.toml says."""

    source: str
    archives: tuple[Archive, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A root table, which of its rows are finished, and what goes with them."""

    name: str
    table: str
    finished: str
    settled: Settled | None = None
    changed_at: str | None = None
    full_pass_hours: int = FULL_PASS_HOURS
    # Of the root's table, as of a relation's.
    without: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A finished root is at rest once this column is so many days old."""

    column: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table whose rows go with a root, by one path or several.

    `is_parent` is None where the declaration leaves it to the source's keys.
    """

    name: str
    table: str
    paths: tuple[RelationPath, ...]
    where: str | None = None
    is_parent: bool | None = None
    without: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationPath:
    """What a relation is joined to, and how where one foreign key doesn't say it.

    `of` is the root's table, or the name of another relation.
    """

    of: str
    on: str | None = None
    # Under which key of the relation it stands, if not under the relation's own.
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A column that history has under its old name, and the source under a new one."""

    old: str
    new: str
