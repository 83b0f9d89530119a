"""Run unpacked programs where they lie, on any C library, through their own loader."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bygones.sandbox.cache import made_once
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import Family

# What mariadb-install-db feeds to the server, without the help texts; the names begin
# with `mysql` or `mariadb`, by version.
_MARIADB_TABLES = (
    "*_system_tables.sql",
    "*_performance_tables.sql",
    "*_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "*_sys_schema.sql",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Make command lines for one family's unpacked packages."""

    family: Family
    root: Path

    def server(self, *options: str) -> list[str]:
        """Return the command line of the server."""
        return [
            *loaded(self.root, self.family.server),
            "--no-defaults",
            *(["--user=root"] if os.geteuid() == 0 else []),
            f"--basedir={self.root / 'usr'}",
            f"--lc-messages-dir={self._share()}",
            f"--character-sets-dir={self._share() / 'charsets'}",
            f"--plugin-dir={self.root / 'usr/lib/mysql/plugin'}",
            *self.family.always,
            *options,
        ]

    def client(self) -> list[str]:
        """Return the start of a command line of the client, ready for arguments."""
        return [*loaded(self.root, self.family.client), "--no-defaults"]

    def template(self) -> Path:
        """Return a fresh data directory to copy from; root has no password in it."""
        return made_once(f"{self.family.name}-template", self._initialise)

    def _initialise(self, folder: Path) -> None:
        mode, tables = "--initialize-insecure", ""
        if self.family.kind == "mariadb":
            mode, tables = "--bootstrap", self._mariadb_tables()
        done = subprocess.run(  # noqa: S603 - the server that was unpacked here
            self.server(mode, f"--datadir={folder}"),
            check=False,
            capture_output=True,
            encoding="utf-8",
            input=tables,
        )
        if done.returncode:
            raise SandboxError(
                f"{self.family.title} could not make a data directory:\n"
                f"{done.stderr[-2000:]}"
            )
        (folder / "auto.cnf").unlink(missing_ok=True)  # each server has its own UUID

    def _mariadb_tables(self) -> str:
        files = (next(self._share().glob(name)) for name in _MARIADB_TABLES)
        return "\n".join(
            (
                "CREATE DATABASE mysql;",
                "USE mysql;",
                "SET @auth_root_socket = NULL;",  # root, whoever runs the server
                *(file.read_text("utf-8") for file in files),
            )
        )

    def _share(self) -> Path:
        return next(self.root.glob("usr/share/*/charsets/Index.xml")).parents[1]


def loaded(root: Path, program: str) -> list[str]:
    """Return the command line of an unpacked program, without arguments."""
    places = [
        place
        for pattern in ("lib/*-linux-gnu", "usr/lib/*-linux-gnu")
        for place in root.glob(pattern)
    ]
    loader = next(loader for place in places for loader in place.glob("ld-linux*.so.*"))
    libraries = [*places, root / "usr/lib/mysql/private"]
    return [
        str(loader),
        "--library-path",
        ":".join(map(str, libraries)),
        str(root / program),
    ]
