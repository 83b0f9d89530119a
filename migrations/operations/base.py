"""Tell Alembic how operations are run, and how a new revision says them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from bygones.compiler.declaration.table import quoted
from bygones.compiler.names import Schemas, quote

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

# Of a line in a function.
MAX_LINE_LENGTH = 84


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A definition that becomes a file together with the revision that names it."""

    path: Path
    text: str

    def write(self) -> None:
        """Write it; one that no revision named yet is written over."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text, encoding="utf-8", newline="\n")


class Said(MigrateOperation, ABC):
    """Something that a revision says; `to_diff_tuple` is what `alembic check` says."""

    @abstractmethod
    def lines(self) -> list[str]:
        """Return the lines of the revision."""

    def files(self) -> list[NewFile]:
        """Return what the revision names and isn't written yet."""
        return []


class Step(Said):
    """One line of a revision, and what it does."""

    @abstractmethod
    def run(self, context: MigrationContext) -> None:
        """Do it, or write it into the offline script."""


@Operations.implementation_for(Step)
def run(operations: Operations, step: Step) -> None:
    """Run a step; or only take it down, where revisions are read."""
    context = operations.migration_context
    record: list[Step] | None = context.opts.get("bygones_record")
    if record is None:
        step.run(context)
    else:
        record.append(step)


@renderers.dispatch_for(Said)
def render(_context: AutogenContext, said: Said) -> list[str]:
    """Return what the revision says."""
    return said.lines()


def call(function: str, name: str, **versions: int) -> str:
    """Write the call of an operation, as ruff formats it."""
    numbers = (f"{key}={number}" for key, number in versions.items())
    arguments = ", ".join((quoted(name), *numbers))
    line = f"op.{function}({arguments})"
    if len(line) <= MAX_LINE_LENGTH:
        return line
    return f"op.{function}(\n    {arguments}\n)"


def schemas(context: MigrationContext) -> Schemas:
    """Return the schemas of the installation that is migrated."""
    installed = context.opts["bygones_installed"]
    assert isinstance(installed, Schemas)  # noqa: S101 - env.py is ours
    return installed


def in_history(context: MigrationContext, name: str) -> str:
    """Name an object of the history schema."""
    return f"{quote(schemas(context).history)}.{quote(name)}"
