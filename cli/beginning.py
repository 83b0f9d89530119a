"""Begin a project: the folder that a team keeps in its repository."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import bygones
from bygones.migrations.configuration import write_configuration
from bygones.runner.errors import StopError

if TYPE_CHECKING:
    from bygones.cli.proposal.proposing import Proposal
    from bygones.compiler.project import Project

TEMPLATE = Path(bygones.__file__).parent / "deploy" / "template.yaml"

README = """\
# What bygones archives of {source}

`archives.toml` says what is archived, and Alembic writes the SQL of it to `sql/` and
`versions/`: read it, then commit all of this folder. Run every command here.

    export BYGONES_DATABASE_URL='mysql://owner:...@db.example:3306/{source}'
    bygones propose orders --output archives.toml        # then read and edit it
    alembic revision --autogenerate -m 'archive orders'  # then read sql/orders/
    alembic upgrade head
    bygones doctor && bygones run --max-chunks 1

A new release of bygones: `pip install -U bygones`, then the two lines with `alembic`.
"""


def begin(
    project: Project, *, source: str = "shop", proposal: Proposal | None, aws: bool
) -> list[Path]:
    """Write the files of a new project, over none that is there; return them.

    Example: begin(Project(Path("shop")), proposal=None, aws=False).
    """
    root = project.root
    texts = {root / "README.md": README.format(source=source)}
    if proposal is not None:
        texts[project.archives] = proposal.text
    template = root / "deploy" / TEMPLATE.name
    ini = root / "alembic.ini"
    files = [ini, *texts, *([template] if aws else [])]
    if there := [str(file) for file in files if file.exists()]:
        raise StopError(
            f"{', '.join(there)} would be written over, so nothing was written: name "
            "a new folder, or move that away"
        )
    # Git keeps no empty folder.
    for folder in (project.sql, project.versions):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitkeep").touch()
    write_configuration(project, identity_for(root.absolute().name))
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8", newline="\n")
    if aws:
        template.parent.mkdir(exist_ok=True)
        shutil.copy(TEMPLATE, template)
    return files


def identity_for(name: str) -> str:
    """Make up an identity that no other project has, and that people recognise."""
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "project"
    return f"{word}_{uuid.uuid4().hex[:8]}"
