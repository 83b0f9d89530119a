"""Have Alembic compare archives where it would compare tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pymysql
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult

from bygones.compiler.catalog.reading import read_catalog
from bygones.migrations import restored
from bygones.migrations.autogenerate.changes import find_changes
from bygones.migrations.autogenerate.copied import copied_columns
from bygones.migrations.autogenerate.first import declared, is_untouched
from bygones.migrations.autogenerate.live import expect_live, read_live
from bygones.migrations.autogenerate.replay import replay

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from pymysql.cursors import Cursor

    from bygones.migrations.autogenerate.changes import Changes

NAME = "bygones"
# Among the options of a context: what was found.
CHANGES = "bygones_changes"


def compare(context: AutogenContext, upgrade: UpgradeOps) -> PriorityDispatchResult:
    """Add to a revision, or to what `alembic check` finds, all that changed."""
    connection = context.connection
    assert connection is not None  # noqa: S101 - offline, nothing is compared
    try:
        options = context.migration_context.opts
        changes = _changes(options, connection)
        upgrade.ops += changes.all_steps()
        options[CHANGES] = changes
    except pymysql.Error as error:
        # SQLAlchemy, which wasn't asked, would hide it by a rollback that fails too.
        connection.invalidate(error)
        raise
    return PriorityDispatchResult.CONTINUE


def _changes(options: Mapping[str, Any], connection: sqlalchemy.Connection) -> Changes:
    # Whoever only upgrades needs no templates.
    from bygones.compiler.sql import Installed, generate_archives  # noqa: PLC0415

    project, schemas = options["bygones_project"], options["bygones_installed"]
    declaration = declared(options)
    installed = replay(options["script"], project)
    untouched = is_untouched(options, installed.archives)
    if not untouched and installed.versions:
        restored.refuse(connection, schemas.history)
    driver = cast("pymysql.Connection[Cursor]", connection.connection.dbapi_connection)
    wanted = generate_archives(
        declaration,
        read_catalog(driver, schemas.source),
        read_catalog(driver, schemas.history),
        driver,
        {
            archive: Installed(
                shape=register.shape,
                copied=copied_columns(archive, installed.versions, project),
                shapes={
                    shape: copied_columns(archive, versions, project)
                    for shape, versions in installed.shapes[archive].items()
                },
            )
            for archive, register in installed.archives.items()
        },
    )
    live = (
        expect_live(installed.versions, schemas)
        if untouched
        else read_live(connection, schemas)
    )
    return find_changes(wanted, installed=installed, live=live, project=project)


# Once in a process, though env.py runs for each command.
Plugin(NAME).add_autogenerate_comparator(compare, "autogenerate")
