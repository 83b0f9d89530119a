"""Register an archive, install all of it, and take it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrations.operations.base import NewFile, Said, Step, call, in_history
from migrations.sending import send

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.runtime.migration import MigrationContext

    from migrations.operations.objects import Create

TRIGGERS_COME_LAST = "# Last, for the server may refuse them (1419)."
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
    # What a downgrade comes back to, if it was registered.
    before: int | None = None

    def run(self, context: MigrationContext) -> None:
        """Register it; nothing changes for an archive that is."""
        procedure = in_history(context, "_register_archive")
        send(context, f"CALL {procedure}({_string(self.archive)});\n")

    def lines(self) -> list[str]:
        """Name the archive, and a shape that isn't its first."""
        shape = {"shape": self.shape} if self.shape > 1 else {}
        return [call("register_archive", self.archive, **shape)]

    def reverse(self) -> Register | Unregister:
        """Come back to what was there."""
        if self.before is None:
            return Unregister(archive=self.archive, shape=self.shape)
        return Register(archive=self.archive, shape=self.before, before=self.shape)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say whether it's the archive that is new, or its shape."""
        what = "archive" if self.before is None else "shape of archive"
        return ("new", what, self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregister(Step):
    """Take an archive off the control tables; refused while it holds history."""

    archive: str
    shape: int = 1

    def run(self, context: MigrationContext) -> None:
        """Take it off, or fail (30011)."""
        send(context, f"CALL {in_history(context, f'_uninstall_{self.archive}')}();\n")

    def lines(self) -> list[str]:
        """Name the archive."""
        return [call("unregister_archive", self.archive)]

    def reverse(self) -> Register:
        """Register it again."""
        return Register(archive=self.archive, shape=self.shape)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say that it isn't declared any more."""
        return ("no longer declared", "archive", self.archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallArchive(Said):
    """Install a whole archive: its tables, procedures and triggers, each by name."""

    register: Register
    objects: tuple[Create, ...]

    def lines(self) -> list[str]:
        """Say it in an order that can be gone through again after a failure."""
        lines = _lines(o for o in self.objects if o.kind != "trigger")
        lines += self.register.lines()
        triggers = _lines(o for o in self.objects if o.kind == "trigger")
        return [*lines, TRIGGERS_COME_LAST, *triggers] if triggers else lines

    def files(self) -> list[NewFile]:
        """Return the files of all objects."""
        return [file for create in self.objects for file in create.files()]

    def reverse(self) -> UninstallArchive:
        """Take it away again."""
        archive, shape = self.register.archive, self.register.shape
        return UninstallArchive(
            unregister=Unregister(archive=archive, shape=shape), objects=self.objects
        )

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


def _string(text: str) -> str:
    """Write a string for MySQL; env.py sets a mode that knows backslashes."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
