"""Write and read a project's alembic.ini."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config

from bygones.compiler.errors import MigrationError

if TYPE_CHECKING:
    from bygones.compiler.project import Project

# Where the revision is that all projects begin by.
FIRST_VERSIONS = Path(__file__).parent / "versions"
FIRST_LOCATION = "bygones:migrations/versions"
# By which a project's configuration says which project it is.
IDENTITY = "bygones_project"

# Ids of revisions are Alembic's own, which are random: branches can't give the same one
# twice. The date puts the files in order.
INI = """\
[alembic]
script_location = bygones:migrations
# What all archives share comes with bygones; the archives are this project's own.
version_locations =
    bygones:migrations/versions
    %(here)s/versions
path_separator = newline
file_template = %%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s
revision_environment = true
# Which project this is. The first upgrade writes it into the history schema, and no
# other project's revisions run there. Keep it.
{identity} = {project}
"""


def write_configuration(project: Project, identity: str) -> None:
    """Write the alembic.ini of a new project."""
    text = INI.format(identity=IDENTITY, project=identity)
    (project.root / "alembic.ini").write_text(text, encoding="utf-8", newline="\n")


def read_configuration(project: Project, **options: Any) -> Config:  # noqa: ANN401 - Config's own
    """Return what Alembic's commands take; the options are those of Alembic's Config.

    >>> read_configuration(Project(Path("shop")), attributes={"database": database})
    """
    ini, toml = project.root / "alembic.ini", project.root / "pyproject.toml"
    if not (ini.is_file() or toml.is_file()):
        raise MigrationError(
            f"{project.root} has no alembic.ini, so it isn't a project; go to the "
            "folder that `bygones init` made"
        )
    config = Config(
        ini if ini.is_file() else None,
        toml_file=toml if toml.is_file() else None,
        **options,
    )
    config.attributes["project"] = project.root
    # %(here)s can't stand for a folder with a % in its name.
    versions = str(project.versions).replace("%", "%%")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{FIRST_LOCATION}\n{versions}")
    return config
