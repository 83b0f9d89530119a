"""Take the sample out of the way, so that the kit is a team's own: `make mine`.

The sample becomes a project in a folder of its own, where `make demo` and `make test`
find it. Files are moved, and none is written over.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.errors import MigrationError
from bygones.compiler.project import CONTROL, KIT, Project
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.sample import MOVED, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Installs what all archives share, the sample's and the team's.
FIRST = "0001_create_control_tables.py"

# What the sample's declaration says; a team's names a schema of theirs.
SOURCE = "pharmacy"

NEXT = """\
What is left to do, with `bygones grants` for whoever creates the accounts:

  export BYGONES_DATABASE_URL='mysql://owner:...@host/shop'
  .venv/bin/bygones propose orders --output archives.toml
  .venv/bin/alembic revision --autogenerate -m 'archive orders'
  .venv/bin/alembic upgrade head
  .venv/bin/bygones run --max-chunks 1

Read archives.toml after the second, and sql/orders/ after the third.
"""


def main() -> int:
    """Make room, and say what comes next; return the exit code."""
    try:
        moved = make_room(KIT, MOVED)
    except (MigrationError, SandboxError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    where = MOVED.root.relative_to(KIT.root)
    said = f"The sample moved to {where}/." if moved else f"It was in {where}/ already."
    sys.stdout.write(f"The kit is yours. {said}\n\n{NEXT}")
    return 0


def make_room(kit: Project, sample: Project) -> bool:
    """Move the sample's files, and tell whether there was anything to move.

    The declaration is the last: while it's in the kit, the sample is there.
    """
    is_there = sample.archives.is_file()
    if is_there and _same(kit.archives, sample.archives):
        raise SandboxError(
            "The sample is in two places, here and in "
            f"{sample.root.relative_to(kit.root)}; `git status` shows which of them "
            "to remove"
        )
    moves = {} if is_there else dict(find_moves(kit, sample))
    in_the_way = [new for new in moves.values() if new.exists()]
    if in_the_way:
        raise SandboxError(
            "Nothing was moved, for this would have been written over: "
            + ", ".join(str(path.relative_to(kit.root)) for path in in_the_way)
        )
    for old, new in moves.items():
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(old, new)
    # It stays in the kit too. Once more each time, for a release may have another.
    sample.versions.mkdir(parents=True, exist_ok=True)
    shutil.copy(kit.versions / FIRST, sample.versions)
    return not is_there


def find_moves(kit: Project, sample: Project) -> Iterator[tuple[Path, Path]]:
    """Find what is the sample's, and where it goes."""
    if not kit.archives.is_file():
        raise SandboxError(
            "There is no sample to move: archives.toml is missing, here and in "
            f"{sample.root.relative_to(kit.root)}; `git checkout` brings it back"
        )
    declaration = read_declaration(kit.archives)
    names = {archive.name for archive in declaration.archives}
    folders = [
        path
        for path in kit.sql.iterdir()
        if path.is_dir() and path.name != CONTROL.name
    ]
    others = sorted(path.name for path in folders if path.name not in names)
    if declaration.source != SOURCE or others:
        found = f'source = "{declaration.source}"' if not others else f"sql/{others[0]}"
        raise SandboxError(
            f"Nothing was moved: {found} isn't the sample's, so what is here seems to "
            "be your own already"
        )
    for folder in folders:
        yield folder, sample.sql / folder.name
    for revision in sorted(kit.versions.glob("*.py")):
        if revision.name != FIRST:
            yield revision, sample.versions / revision.name
    if (schema := kit.sql / SCHEMA).is_file():
        yield schema, sample.sql / SCHEMA
    yield kit.archives, sample.archives


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and one.read_bytes() == other.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
