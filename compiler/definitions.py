"""Find the SQL file that defines an object: whole, plain SQL, one object a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from bygones.compiler.errors import MigrationError
from bygones.compiler.names import SUFFIX, Schemas, rename, tokens, unquote
from bygones.compiler.project import CONTROL, Project

Kind = Literal["table", "view", "function", "procedure", "trigger", "event"]

# To MySQL this is a comment; MariaDB runs what is in it, and keeps that alone.
FOR_MARIADB = re.compile(r"/\*M!\d*(.*?)\*/", re.DOTALL)
# And to MariaDB this, from version 8 of MySQL on, which does the same.
FOR_MYSQL = re.compile(r"/\*!8\d{4}(.*?)\*/", re.DOTALL)

# Whose a procedure of control is: of whoever copies, as its owner; of the person who
# operates; of other procedures. The two are SQL SECURITY INVOKER.
ROLES = ("caller", "operator", "private")

# How the file of an object is called.
FILE = re.compile(r"(?P<name>.+)_v(?P<version>\d{2,})\.sql")

# How one version of a table becomes another, forth and back; see `Alteration`.
ALTERATIONS = "alterations"


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of one object, such as version 1 of the procedure progress.

    Its file is `sql/<control or archive>/<kind>s/<name>_v<NN>.sql`; a procedure that
    all archives share lies in a folder of the account that it's for.
    """

    kind: Kind
    name: str
    version: int

    @property
    def file(self) -> Path:
        """The file in the folder of the archive, or of control."""
        return Path(f"{self.kind}s") / f"{self.name}_v{self.version:02d}.sql"

    def path(self, project: Project) -> Path:
        """Find the file: among the kit's own, and those of the project's archives."""
        paths = [folder / self.file for folder in _folders(project)]
        paths += [
            CONTROL / self.file.parent / role / self.file.name
            for role in ROLES
            if self.kind == "procedure"
        ]
        found = [path for path in paths if path.is_file()]
        if len(found) != 1:
            where = " and ".join(map(str, found)) or "nowhere"
            raise MigrationError(
                f"The {self.kind} {self.name}, version {self.version}, is defined "
                f"{where}; expected one file sql/*/{self.file}"
            )
        return found[0]

    def archive(self, project: Project) -> str:
        """Tell by the file's folder which archive it's of, or control."""
        path = self.path(project)
        if path.is_relative_to(CONTROL):
            return CONTROL.name
        return path.parent.parent.name

    def text(self, project: Project) -> str:
        """Read the definition, in the names that it was written with."""
        path = self.path(project)
        text = path.read_text(encoding="utf-8")
        if not text.startswith("CREATE "):
            raise MigrationError(
                f"{path} doesn't start with CREATE; expected the definition "
                f"of the {self.kind} {self.name}"
            )
        return text

    def installable(self, project: Project, installed: Schemas) -> str:
        """Read the definition, in the names of an installation."""
        text = self.text(project)
        written = written_schemas(text)
        if written is None:
            raise MigrationError(
                f"{self.path(project)} doesn't name the schema to create it in; "
                f"expected CREATE ... <source>{SUFFIX}.{self.name}"
            )
        return rename(text, written=written, installed=installed)


@dataclass(frozen=True, slots=True)
class Alteration:
    """What makes one version of a table the other.

    Its file is `sql/<archive>/alterations/<table>_v<NN>_to_v<NN>.sql`.
    """

    table: str
    before: int
    version: int

    @property
    def file(self) -> Path:
        """The file in the folder of the archive."""
        versions = f"v{self.before:02d}_to_v{self.version:02d}"
        return Path(ALTERATIONS) / f"{self.table}_{versions}.sql"

    def statements(self, project: Project, installed: Schemas) -> list[str]:
        """Read the statements, in the names of an installation."""
        paths = [folder / self.file for folder in _folders(project)]
        found = [path for path in paths if path.is_file()]
        if len(found) != 1:
            where = " and ".join(map(str, found)) or "nowhere"
            raise MigrationError(
                f"The alteration of {self.table} from version {self.before} to "
                f"{self.version} is {where}; expected one file sql/*/{self.file}"
            )
        text = found[0].read_text(encoding="utf-8")
        written = written_schemas(text)
        if written is None or not text.startswith("ALTER "):
            raise MigrationError(
                f"{found[0]} doesn't start with ALTER TABLE <source>{SUFFIX}."
                f"{self.table}"
            )
        return _split(rename(text, written=written, installed=installed))


def _split(sql: str) -> list[str]:
    """Split SQL into its statements."""
    statements = [""]
    for text, _ in tokens(sql):
        statements[-1] += text
        if text == ";":
            statements.append("")
    return [f"{each.strip()}\n" for each in statements if each.strip()]


@lru_cache(maxsize=500)
def written_schemas(text: str) -> Schemas | None:
    """Tell which schemas a definition is written for: it creates in one of them.

    The kit's own are written for other ones than a project's, whose source may also
    have had another name when older versions were written.
    """
    for name, after in pairwise(words(text)):
        if after == ".":
            history = unquote(name)
            is_history = history.endswith(SUFFIX)
            return Schemas(history.removesuffix(SUFFIX)) if is_history else None
    return None


def trigger_table(text: str) -> str:
    """Tell which table a trigger is on: CREATE TRIGGER s.n BEFORE UPDATE ON s.t ..."""
    said = words(text)
    return unquote(said[said.index("ON") + len(("ON", "schema", "."))])


def event_body(text: str) -> str:
    """Return what an event does: CREATE EVENT ... DO BEGIN ... END."""
    said = tokens(text)
    do = [token for token, _ in said].index("DO")
    return "".join(token for token, _ in said[do:])


def words(sql: str) -> list[str]:
    """Return what SQL says, without comments and blanks."""
    return [text for text, kind in tokens(sql) if kind != "space"]


def as_mariadb_reads(sql: str) -> str:
    """Take what is a comment to MySQL alone for what it says, as MariaDB does."""
    return FOR_MYSQL.sub("", FOR_MARIADB.sub(r"\1", sql))


def as_mysql_reads(sql: str) -> str:
    """Take what is a comment to MariaDB alone for what it says, as MySQL does."""
    return FOR_MYSQL.sub(r"\1", sql)


def _folders(project: Project) -> list[Path]:
    archives = project.sql.iterdir() if project.sql.is_dir() else ()
    return [
        CONTROL,
        *sorted(
            path for path in archives if path.is_dir() and path.name != CONTROL.name
        ),
    ]
