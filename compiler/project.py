"""Where a project keeps what it archives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bygones


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a declaration, the SQL that was written for it, and revisions."""

    root: Path

    @property
    def archives(self) -> Path:
        """The declaration."""
        return self.root / "archives.toml"

    @property
    def sql(self) -> Path:
        """A folder for each archive, with the definitions of its objects."""
        return self.root / "sql"

    @property
    def versions(self) -> Path:
        """The revisions; they follow the one that comes with the package."""
        return self.root / "versions"


# The definitions of what all archives share: they come with the package.
CONTROL = (Path(bygones.__file__).parent / "sql" / "control").resolve()
