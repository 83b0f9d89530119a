"""Refuse to migrate what another project installed, before anything is changed.

A project's configuration says which it is, its first upgrade writes that into the
history schema, and every command compares the two. Ids of revisions are random, so one
that this project lacks is another project's, or of a newer state of this one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bygones.compiler.errors import MigrationError
from bygones.compiler.names import quote
from bygones.migrations.configuration import IDENTITY
from bygones.migrations.session import VERBATIM

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import sqlalchemy
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic.bygones")

# What the column holds.
LONGEST = 64
CHECK_FIRST = "check BYGONES_DATABASE_URL, or run alembic there; nothing was changed"


def identity_of(config: Config) -> str:
    """Read which project this is."""
    identity = config.get_alembic_option(IDENTITY) or ""
    if not 1 <= len(identity) <= LONGEST:
        raise MigrationError(
            f"{IDENTITY} is {identity!r} in Alembic's configuration; expected a name "
            f"of 1 to {LONGEST} characters that no other project has, as `bygones "
            "init` writes it"
        )
    return identity


def refuse_anothers(
    context: MigrationContext, identity: str, heads: Collection[str]
) -> None:
    """Refuse a database in which another project's revisions have run."""
    connection, script = context.connection, context.opts["script"]
    assert connection is not None  # noqa: S101 - online has one
    history = context.opts["bygones_installed"].history
    installed = read_identity(connection, history)
    if installed not in {None, identity}:
        raise MigrationError(
            f"{history} belongs to the project {installed}, and this is {identity}; "
            f"{CHECK_FIRST}"
        )
    known = {revision.revision for revision in script.walk_revisions()}
    unknown = sorted(set(heads) - known)
    if unknown and not context.purge:
        versions = context.opts["bygones_project"].versions
        raise MigrationError(
            f"{history} is at revision {', '.join(unknown)}, which isn't in "
            f"{versions}: another branch of this project, or a newer state of it, was "
            f"installed; {CHECK_FIRST}"
        )


def read_identity(connection: sqlalchemy.Connection, history: str) -> str | None:
    """Read whose an installation is; None before there is one."""
    is_there = connection.exec_driver_sql(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = %s"
        " AND table_name = 'project'",
        (history,),
    )
    if is_there.first() is None:
        return None
    found = connection.exec_driver_sql(
        f"SELECT id FROM {quote(history)}.project",  # noqa: S608 - quoted
        execution_options=VERBATIM,
    )
    return found.scalar()


def warn_of_source(options: Mapping[str, Any], heads: Collection[str]) -> None:
    """Warn if SQL for one schema is going to be installed for another.

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
