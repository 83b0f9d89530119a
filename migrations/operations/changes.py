"""Alter history tables while the archive is closed to chunks, or refuse to."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy.exc

from bygones.compiler.definitions import Alteration, words
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import SUFFIX, literal, unquote
from bygones.migrations.operations.base import (
    NewFile,
    Said,
    Step,
    call,
    in_history,
    schemas,
)
from bygones.migrations.operations.losses import losses, refuse_loss
from bygones.migrations.operations.objects import Create, Drop
from bygones.migrations.sending import send_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic.bygones")

# Duplicate column; can't drop what isn't there.
DONE_BEFORE = {1060, 1091}
# Out of range, too long, not in the list, not in the character set, not that shape.
TOO_NARROW = {1264, 1265, 1292, 1366, 1406, 1416}
MOST_INSTANT_CHANGES = 4092
REBUILD = "ALGORITHM = COPY"
# A column that is beside another one, by the shape that it came with.
BESIDE = re.compile(r"history_\d+_(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Step):
    """Make a table of one version one of another."""

    name: str
    before: int
    version: int
    new_files: tuple[NewFile, ...] = ()

    def run(self, context: MigrationContext) -> None:
        """Run its statements; each does all that it says or nothing."""
        is_way_back = self.version < self.before
        for statement in self.statements(context):
            if is_way_back and self.name.endswith(SUFFIX):
                _refuse_losses(context, self.name, statement)
            if REBUILD in statement:
                log.warning("%s is written anew; chunks wait meanwhile", self.name)
            for column, beside in _split(statement):
                log.warning(
                    "%s: from here on the values of %s go to %s, which no type holds "
                    "together with the older ones: read both columns",
                    *(self.name, column, beside),
                )
            try:
                send_once(context, statement)
            except sqlalchemy.exc.DBAPIError as error:
                self._explain(error)

    def statements(self, context: MigrationContext) -> list[str]:
        """Read its statements, in the names of the installation."""
        alteration = Alteration(self.name, self.before, self.version)
        return alteration.statements(context.opts["bygones_project"], schemas(context))

    def _explain(self, error: sqlalchemy.exc.DBAPIError) -> None:
        """Pass over what is done already, and tell what to do about the rest."""
        errno, text = error.orig.args if error.orig else (0, "")
        if errno in TOO_NARROW:
            raise MigrationError(
                f"{self.name} holds values that its version {self.version} can't hold: "
                f"{text} (errno {errno}); move them elsewhere first"
            ) from error
        if errno == MOST_INSTANT_CHANGES:
            raise MigrationError(
                f"{text} (errno {errno}); OPTIMIZE TABLE {self.name} in the history "
                "schema writes it anew, and then upgrade again"
            ) from error
        if errno not in DONE_BEFORE:
            raise error
        log.info("%s: an earlier attempt got so far already", self.name)

    def lines(self) -> list[str]:
        """Name the table and both versions."""
        versions = {"before": self.before, "version": self.version}
        return [call("change_table", self.name, **versions)]

    def files(self) -> list[NewFile]:
        """Return the new definition, and how to come to it and back."""
        return list(self.new_files)

    def reverse(self) -> Change:
        """Come back to what was there."""
        return Change(name=self.name, before=self.version, version=self.before)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say which table it is."""
        return ("changed", "table", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Drop):
    """Let no chunk of an archive be copied while it is changed: half old, half new.

    Every chunk checks the source first, and fails (1305) where nothing does that.
    """

    archive: str

    def run(self, context: MigrationContext) -> None:
        """Drop the check, and wait for the chunks that have passed it."""
        Drop.run(self, context)
        lane = in_history(context, "lane")
        archive = literal(self.archive)
        wait = f"UPDATE {lane} SET number = number WHERE archive = {archive};\n"  # noqa: S608 - quoted
        send_once(context, wait)

    def lines(self) -> list[str]:
        """Name the archive."""
        return [call("close_archive", self.archive)]

    def reverse(self) -> Create:
        """Open it, by the check of then."""
        check = Drop.reverse(self)
        return Open(
            kind=check.kind,
            name=check.name,
            version=check.version,
            archive=self.archive,
        )

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say which archive it is."""
        return ("closed", "archive", self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Create):
    """Create the check of a closed archive: chunks are copied again."""

    archive: str

    def reverse(self) -> Drop:
        """Close it on the way back."""
        return close(self.archive, self.version)


def close(archive: str, version: int | None = None) -> Close:
    """Close an archive; the version is of the check that opens it on the way back."""
    return Close(
        kind="procedure", name=check_of(archive), version=version, archive=archive
    )


def check_of(archive: str) -> str:
    """Name the procedure by which chunks check the source."""
    return f"_check_{archive}_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseLoss(Step):
    """Refuse a downgrade while nothing is changed yet.

    `change` is what it does to a table later on; without one, the table goes.
    """

    name: str
    change: Change | None = None

    def run(self, context: MigrationContext) -> None:
        """Fail (30011) where a value would be lost."""
        if self.change is None:
            refuse_loss(context, self.name, "TRUE", "rows")
            return
        for statement in self.change.statements(context):
            _refuse_losses(context, self.name, statement)

    def lines(self) -> list[str]:
        """Name the table, and both versions if it stays."""
        change = self.change
        versions = (
            {"before": change.before, "version": change.version} if change else {}
        )
        return [call("refuse_loss", self.name, **versions)]

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say which table it is."""
        return ("kept", "table", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseLosses(Said):
    """What a downgrade begins with, where it changes or drops tables of history."""

    steps: tuple[RefuseLoss, ...]

    def lines(self) -> list[str]:
        """Say why it comes first."""
        return [
            "# First, for where it would lose what was copied, it changes nothing.",
            *(line for step in self.steps for line in step.lines()),
        ]

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say which tables they are."""
        return ("kept", "tables", *(step.name for step in self.steps))


def refusals(steps: Iterable[object]) -> RefuseLosses | None:
    """Return what has to be asked before a downgrade goes through these steps."""
    asked = []
    for step in steps:
        match step:
            case Change(name=name) if name.endswith(SUFFIX):
                asked.append(RefuseLoss(name=name, change=step))
            case Drop(kind="table", name=name) if name.endswith(SUFFIX):
                asked.append(RefuseLoss(name=name))
    return RefuseLosses(steps=tuple(asked)) if asked else None


def _split(statement: str) -> Iterator[tuple[str, str]]:
    """List columns that get another one beside them, and that one."""
    said = words(statement)
    for place, (verb, what) in enumerate(pairwise(said)):
        if (verb, what) == ("ADD", "COLUMN"):
            name = unquote(said[place + 2])
            if found := BESIDE.fullmatch(name):
                yield found[1], name


def _refuse_losses(context: MigrationContext, table: str, statement: str) -> None:
    for column, loss in losses(statement):
        refuse_loss(context, table, loss, f"values of {column}")
