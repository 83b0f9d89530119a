"""Tell whether what is installed is this project's, before anything is changed.

Revisions are numbered, so each project has a 0002, and so has each branch of one.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bygones.compiler.aggregate.model import VERSION
from bygones.compiler.definitions import Definition, words
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import quote, unquote
from bygones.migrations.autogenerate.replay import replay
from bygones.migrations.session import VERBATIM

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import sqlalchemy
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from bygones.compiler.project import Project

log = logging.getLogger("alembic.bygones")

# A column of a history table, by the table's name and its own, in lower case.
Place = tuple[str, str]

# What can stand in the place of a column; a column of that name is quoted.
NO_COLUMNS = {"PRIMARY", "UNIQUE", "KEY"}

MOST_NAMED = 3


def refuse_doubled(script: ScriptDirectory) -> None:
    """Refuse two revisions of one number: Alembic would run one, and skip the other."""
    files = defaultdict(list)
    for revision in script._load_revisions():  # noqa: SLF001 - the map keeps one of two
        files[revision.revision].append(revision.path)
    for number, paths in sorted(files.items()):
        if len(paths) > 1:
            raise MigrationError(
                f"two revisions are numbered {number}: "
                f"{' and '.join(sorted(map(str, paths)))}; keep the one that ran "
                "somewhere, else the older one; remove the other with the SQL files "
                "that it alone names, and write it again: alembic revision "
                "--autogenerate"
            )


def refuse_anothers(context: MigrationContext, heads: Collection[str]) -> None:
    """Refuse a database in which another project's revisions have run.

    Archives that no revision registers are another's. Columns that no revision names
    are, where those are missing that should be there: either alone may be the work of
    a hand, or of a step that failed half-way. A backup may lack procedures, so none is
    looked at.
    """
    script, project = context.opts["script"], context.opts["bygones_project"]
    history = context.opts["bygones_installed"].history
    connection = context.connection
    assert connection is not None  # noqa: S101 - online has one
    installed = replay(script, project)
    unknown = sorted(set(heads) - installed.after.keys())
    if unknown and not context.purge:
        raise MigrationError(
            f"{history} is at revision {', '.join(unknown)}, which isn't in "
            f"{project.versions}: another project installed it, or a newer state of "
            "this one; check BYGONES_DATABASE_URL, or run alembic there; nothing was "
            "changed"
        )
    found = _columns(connection, history)
    foreign = [
        f"the archive {archive}"
        for archive in _archives(connection, history)
        if archive not in installed.registered
    ]
    expected = (
        Definition(kind, name, version)
        for head in heads
        for (kind, name), version in installed.after.get(head, {}).items()
    )
    lacking = sorted(_places(expected, project) - found)
    if lacking and not foreign:
        known = _places(installed.named, project)
        foreign = _shown(sorted(found - known), {table for table, _ in known})
    if foreign:
        there = {table for table, _ in found}
        lacks = f", and lacks {_few(_shown(lacking, there))}" if lacking else ""
        raise MigrationError(
            f"{history} isn't this project's installation: at revision "
            f"{', '.join(sorted(heads)) or 'base'} it holds {_few(foreign)}, which no "
            f"revision in {project.versions} names{lacks}; check BYGONES_DATABASE_URL, "
            "or run alembic in the project that installed it; nothing was changed"
        )


def warn_of_source(options: Mapping[str, Any], heads: Collection[str]) -> None:
    """Warn where SQL for one schema is going to be installed for another.

    Once, before the first revision runs: a copy for staging has another name on
    purpose, and whoever has installed it has read this.
    """
    declaration, schemas = options["bygones_declaration"], options["bygones_installed"]
    if declaration is None or declaration.source == schemas.source or heads:
        return
    log.warning(
        'archives.toml says source = "%s", and BYGONES_DATABASE_URL names %s: what was '
        "written for %s will copy the rows of %s into %s; if that isn't meant, put one "
        "of the two right",
        *(declaration.source, schemas.source, declaration.source),
        *(schemas.source, schemas.history),
    )


def _columns(connection: sqlalchemy.Connection, history: str) -> set[Place]:
    """List the columns of history tables, without a join: a setting can bar that."""
    found = connection.exec_driver_sql(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = %s",
        (history,),
    )
    places = {(table.lower(), column.lower()) for table, column in found.all()}
    tables = {table for table, column in places if column == VERSION}
    return {place for place in places if place[0] in tables}


def _archives(connection: sqlalchemy.Connection, history: str) -> list[str]:
    """List the archives that are registered."""
    is_there = connection.exec_driver_sql(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = %s"
        " AND table_name = 'archive' AND column_name = 'pass_seconds'",
        (history,),
    )
    if is_there.first() is None:
        return []
    found = connection.exec_driver_sql(
        f"SELECT name FROM {quote(history)}.archive ORDER BY name",  # noqa: S608 - quoted
        execution_options=VERBATIM,
    )
    return [name for (name,) in found.all()]


def _places(definitions: Iterable[Definition], project: Project) -> set[Place]:
    """Read the columns of history tables in what defines them."""
    places: set[Place] = set()
    for each in definitions:
        if each.kind == "table":
            columns = _defined(each.text(project))
            places |= {(each.name.lower(), c) for c in columns if VERSION in columns}
    return places


def _defined(text: str) -> set[str]:
    """Read the columns of CREATE TABLE ... (column type, ..., PRIMARY KEY (...))."""
    columns, depth, is_first = set(), 0, False
    for word in words(text):
        if is_first and word not in NO_COLUMNS:
            columns.add(unquote(word).lower())
        depth += {"(": 1, ")": -1}.get(word, 0)
        is_first = depth == 1 and word in {"(", ","}
    return columns


def _shown(places: Iterable[Place], tables: Collection[str]) -> list[str]:
    """Name columns; of a table that isn't among these, the table alone."""
    return list(
        dict.fromkeys(
            f"{table}.{column}" if table in tables else table
            for table, column in places
        )
    )


def _few(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    listed = ", ".join(names[:MOST_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed
