"""Register an archive, install all of it, and take it away."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bygones.compiler.declaration.model import FULL_PASS_HOURS
from bygones.compiler.names import literal
from bygones.migrations.operations.base import NewFile, Said, Step, call, in_history
from bygones.migrations.sending import send_once

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.runtime.migration import MigrationContext

    from bygones.migrations.operations.objects import Create

log = logging.getLogger("alembic.bygones")

SECONDS_IN_AN_HOUR = 3600

# An account without EVENT is refused by 1044.
REFUSABLE = {"event"}
REFUSABLE_COME_LAST = "# Last, for the server may refuse it (1044)."
REFUSAL_COMES_FIRST = (
    "# First, for it refuses while there is history to lose; and created again, for an",
    "# earlier downgrade may have failed after dropping it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Step):
    """Give an archive its row and its lane in the control tables.

    The shape is that of its history tables from here on.
    """

    archive: str
    shape: int = 1
    # From the start of one full pass to that of the next.
    full_pass_hours: int = FULL_PASS_HOURS
    # What a downgrade comes back to, if it was registered.
    before: Register | None = None

    def run(self, context: MigrationContext) -> None:
        """Register it; an archive that is gets its hours. Tell what isn't watched."""
        procedure = in_history(context, "_register_archive")
        seconds = self.full_pass_hours * SECONDS_IN_AN_HOUR
        answer = send_once(
            context, f"CALL {procedure}({literal(self.archive)}, {seconds});\n"
        )
        not_readable = answer.one().not_readable if answer else None
        if not_readable:
            log.warning(
                "no chunk of %s waits for %s, which this account can't read: see what "
                "`bygones grants` says is optional, then CALL tune_archive",
                self.archive,
                not_readable,
            )

    def lines(self) -> list[str]:
        """Name the archive, a shape that isn't its first, and hours of its own."""
        numbers = {"shape": self.shape} if self.shape > 1 else {}
        if self.full_pass_hours != FULL_PASS_HOURS:
            numbers["full_pass_hours"] = self.full_pass_hours
        return [call("register_archive", self.archive, **numbers)]

    def reverse(self) -> Register | Unregister:
        """Come back to what was there."""
        if self.before is None:
            return Unregister(archive=self.archive, before=self)
        return replace(self.before, before=self)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say whether it's the archive that is new, or what."""
        if self.before is None:
            return ("new", "archive", self.archive)
        is_new_shape = self.shape != self.before.shape
        what = "shape" if is_new_shape else "interval of full passes"
        return ("new", f"{what} of archive", self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregister(Step):
    """Take an archive off the control tables; refused while it holds history."""

    archive: str
    # What a downgrade comes back to.
    before: Register | None = None

    def run(self, context: MigrationContext) -> None:
        """Take it off, or fail (30011)."""
        procedure = in_history(context, f"_uninstall_{self.archive}")
        send_once(context, f"CALL {procedure}();\n")

    def lines(self) -> list[str]:
        """Name the archive."""
        return [call("unregister_archive", self.archive)]

    def reverse(self) -> Register:
        """Register it again."""
        return self.before or Register(archive=self.archive)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say that it isn't declared any more."""
        return ("no longer declared", "archive", self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallArchive(Said):
    """Install a whole archive: its tables, procedures, event and triggers, by name."""

    register: Register
    objects: tuple[Create, ...]

    def lines(self) -> list[str]:
        """Say it in an order that can be gone through again after a failure."""
        lines = _lines(o for o in self.objects if o.kind not in REFUSABLE)
        lines += self.register.lines()
        last = _lines(o for o in self.objects if o.kind in REFUSABLE)
        return [*lines, REFUSABLE_COME_LAST, *last] if last else lines

    def files(self) -> list[NewFile]:
        """Return the files of all objects."""
        return [file for create in self.objects for file in create.files()]

    def reverse(self) -> UninstallArchive:
        """Take it away again."""
        unregister = Unregister(archive=self.register.archive, before=self.register)
        return UninstallArchive(unregister=unregister, objects=self.objects)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say that it's new; what it consists of goes without saying."""
        return self.register.to_diff_tuple()


@dataclass(frozen=True, slots=True, kw_only=True)
class UninstallArchive(Said):
    """Take a whole archive away; refused while it holds history."""

    unregister: Unregister
    objects: tuple[Create, ...]

    def lines(self) -> list[str]:
        """Say it in an order that can be gone through again after a failure."""
        refusal = f"_uninstall_{self.unregister.archive}"
        return [
            *REFUSAL_COMES_FIRST,
            *_lines(o for o in self.objects if o.name == refusal),
            *self.unregister.lines(),
            *_lines(
                create.reverse()
                for create in reversed(self.objects)
                # A trigger goes with its table.
                if create.kind != "trigger"
            ),
        ]

    def reverse(self) -> InstallArchive:
        """Install it again."""
        return InstallArchive(register=self.unregister.reverse(), objects=self.objects)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say that it isn't declared any more."""
        return self.unregister.to_diff_tuple()


def _lines(steps: Iterable[Step]) -> list[str]:
    return [line for step in steps for line in step.lines()]
