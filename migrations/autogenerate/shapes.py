"""Change tables that are installed, and may hold history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrations.errors import MigrationError

if TYPE_CHECKING:
    from migrations.definitions import Definition
    from migrations.operations.base import NewFile, Step


def alter(before: Definition, after: Definition, file: NewFile | None) -> list[Step]:
    """Return what makes a table of one definition one of another."""
    version = f"version {after.version}, {file.path}" if file else str(after.version)
    raise MigrationError(
        f"the table {before.name} is installed in version {before.version} and would "
        f"become version {version}; changing a table isn't written yet"
    )
