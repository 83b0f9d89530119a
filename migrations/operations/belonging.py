"""Write down which project an installation belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.names import literal
from bygones.migrations.operations.base import Step, in_history
from bygones.migrations.sending import send

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProject(Step):
    """Write the identity of this project, unless there is one."""

    def run(self, context: MigrationContext) -> None:
        """Write it; env.py has compared it with one that was there."""
        project = in_history(context, "project")
        send(
            context,
            f"INSERT INTO {project} (id) SELECT"  # noqa: S608 - quoted
            f" {literal(context.opts['bygones_identity'])} FROM DUAL"
            f" WHERE NOT EXISTS (SELECT 1 FROM {project});\n",
        )

    def lines(self) -> list[str]:
        """Return the line of the revision."""
        return ["op.record_project()"]

    def to_diff_tuple(self) -> tuple[str]:
        """Name it for Alembic; no comparison finds it."""
        return ("record_project",)
