"""Get pt-archiver from the distribution's packages, without root.

It runs through its own Perl and C library, as the unpacked server does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.sandbox.cache import made_once
from bygones.sandbox.packages import extracting, run
from bygones.sandbox.program import loaded

if TYPE_CHECKING:
    from pathlib import Path

_SUITE = "bookworm"  # a Debian release that holds all of them
_NEEDS = ("perl", "libdbi-perl", "libdbd-mysql-perl", "libterm-readkey-perl")

# Version 3.2 opens the file of --bulk-insert in Perl's encoding of the same name as
# MySQL's, and Perl has no utf8mb4.
_ALIAS = '-MEncode::Alias;define_alias(utf8mb4=>"UTF-8")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Archiver:
    """The start of pt-archiver's command line, and its environment."""

    command: list[str]
    environment: dict[str, str]


def pt_archiver() -> Archiver:
    """Return pt-archiver; it is downloaded the first time."""
    root = made_once("percona-toolkit", _fetch)
    modules = (
        *sorted(root.glob("usr/lib/*-linux-gnu/perl5/5.*")),
        root / "usr/share/perl5",
        *sorted(root.glob("usr/lib/*-linux-gnu/perl/5.*")),
        *sorted(root.glob("usr/share/perl/5.*")),
        *root.glob("usr/lib/*-linux-gnu/perl-base"),
    )
    [plugins] = root.glob("usr/lib/*-linux-gnu/libmariadb3/plugin")
    return Archiver(
        command=[*loaded(root, "usr/bin/perl"), str(root / "usr/bin/pt-archiver")],
        environment={
            "PERL5LIB": ":".join(map(str, modules)),
            "PERL5OPT": _ALIAS,
            "MARIADB_PLUGIN_DIR": str(plugins),
        },
    )


def _fetch(folder: Path) -> None:
    with extracting(folder, _SUITE) as options:
        run("apt-get", *options, "install", "--yes", "--download-only", *_NEEDS)
        # Alone: it depends on gdb, which another tool of the kit uses.
        archives = folder / "apt/cache/archives"
        run("apt-get", *options, "download", "percona-toolkit", cwd=archives)
