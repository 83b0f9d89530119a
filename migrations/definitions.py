"""Find the SQL file that defines an object: whole, plain SQL, one object a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from migrations.errors import MigrationError

Kind = Literal["table", "view", "procedure", "trigger"]

SQL = Path(__file__).parent.parent / "sql"


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one object, such as version 1 of the procedure progress.

    Its file is `sql/<control or archive>/<kind>s/<name>_v<NN>.sql`.
    """

    kind: Kind
    name: str
    version: int

    def path(self, sql: Path = SQL) -> Path:
        """Find the file under the folder `sql`."""
        pattern = f"*/{self.kind}s/{self.name}_v{self.version:02d}.sql"
        found = sorted(sql.glob(pattern))
        if len(found) != 1:
            where = " and ".join(map(str, found)) or "nowhere"
            raise MigrationError(
                f"The {self.kind} {self.name}, version {self.version}, is defined "
                f"{where}; expected one file {sql.name}/{pattern}"
            )
        return found[0]

    def text(self, sql: Path = SQL) -> str:
        """Read the definition, in the names that archives.toml declares."""
        path = self.path(sql)
        text = path.read_text(encoding="utf-8")
        if not text.startswith("CREATE "):
            raise MigrationError(
                f"{path} doesn't start with CREATE; expected the definition "
                f"of the {self.kind} {self.name}"
            )
        return text
