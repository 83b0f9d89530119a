"""Connect Alembic to the database that BYGONES_DATABASE_URL names."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import sqlalchemy
from alembic import context

from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import Schemas
from bygones.compiler.project import Project
from bygones.migrations.autogenerate import plugin
from bygones.migrations.autogenerate.first import admit_untouched
from bygones.migrations.autogenerate.revisions import process_revision_directives
from bygones.migrations.belonging import identity_of, refuse_anothers, warn_of_source
from bygones.migrations.restored import mend
from bygones.migrations.session import PINS, create_schema, prepare
from bygones.migrations.stepping import prepare_steps, stand
from bygones.runner.connection import SESSION, SETTING, Database, connect, database_from
from bygones.runner.errors import BygonesError

if TYPE_CHECKING:
    from bygones.compiler.declaration.model import Declaration

# How long one DDL statement may take to answer.
ANSWER_SECONDS = 600.0

# Access denied: to a schema, a table, a column, a statement, a routine.
DENIED = {1044, 1142, 1143, 1227, 1370}
NOT_THE_OWNER = (
    "; alembic is run as the owner, who needs what `bygones grants` prints: check the "
    "account in BYGONES_DATABASE_URL, or grant it that"
)


def run() -> None:
    """Migrate, or write the script that does."""
    # A program that runs Alembic can name the database and the project itself.
    url = context.config.attributes.get("database_url")
    database = context.config.attributes.get("database") or database_from(
        {SETTING: url} if url else os.environ
    )
    project, identity = find_project(), identity_of(context.config)
    # Before connecting: a mistake in a file leaves the server as it is. Without the
    # declaration, revisions can be run, but not written by comparing.
    is_declared = project.archives.exists()
    declaration = read_declaration(project.archives) if is_declared else None
    if context.is_offline_mode():
        run_offline(database, project, identity)
    else:
        run_online(database, project, declaration, identity)


def find_project() -> Project:
    """Return the project that is named, or else the one with the configuration file."""
    root = context.config.attributes.get("project")
    if root is None:
        # Either can be given; Alembic's command assumes a name for both.
        names = (context.config.config_file_name, context.config.toml_file_name)
        files = [Path(name) for name in names if name and Path(name).is_file()]
        root = files[0].absolute().parent if files else Path.cwd()
    return Project(root)


def run_offline(database: Database, project: Project, identity: str) -> None:
    """Write the script that a DBA applies by hand."""
    context.configure(
        dialect_name="mysql",
        dialect_opts={"paramstyle": "named"},  # another would double a name's %
        as_sql=True,
        version_table_schema=database.history,
        bygones_project=project,
        bygones_identity=identity,
        bygones_installed=Schemas(database.source),
    )
    migration = context.get_context()
    for statement in (SESSION, *PINS, create_schema(database.history)):
        migration.impl.static_output(f"{statement};\n")
    prepare_steps(migration, migration.get_current_heads())
    with context.begin_transaction():
        context.run_migrations()


def run_online(
    database: Database,
    project: Project,
    declaration: Declaration | None,
    identity: str,
) -> None:
    """Migrate, one at a time: concurrent upgrades wait for each other."""
    engine = sqlalchemy.create_engine(
        "mysql+pymysql://",
        creator=lambda: connect(
            database, schema=None, seconds=ANSWER_SECONDS, program="bygones-alembic"
        ),
        poolclass=sqlalchemy.NullPool,
    )
    with engine.connect() as connection:
        prepare(connection, database.history)
        context.configure(
            connection=connection,
            version_table_schema=database.history,
            target_metadata=sqlalchemy.MetaData(),  # Alembic asks for one
            autogenerate_plugins=[plugin.NAME],
            process_revision_directives=process_revision_directives,
            bygones_project=project,
            bygones_identity=identity,
            bygones_declaration=declaration,
            bygones_installed=Schemas(database.source),
            bygones_database=database,
        )
        migration = context.get_context()
        heads = migration.get_current_heads()
        if not migration.opts.get("dont_mutate"):  # as `alembic current` does
            refuse_anothers(migration, identity, heads)
            warn_of_source(migration.opts, heads)
        admit_untouched(migration)
        prepare_steps(migration, heads)
        try:
            # Only `upgrade` brings an installation to what its revision says.
            if migration.opts["fn"].__name__ == "upgrade":
                mend(migration, project, database.history)
            with context.begin_transaction():
                context.run_migrations()
        except sqlalchemy.exc.DBAPIError as error:
            said = refusal(error.orig, error.statement)
            raise MigrationError(f"{said}{stand(migration, heads)}") from error
        except MigrationError as error:
            if where := stand(migration, heads):
                raise MigrationError(f"{error}{where}") from error
            raise


def refusal(error: BaseException | None, statement: str | None) -> MigrationError:
    """Say what the server said, and to which statement, if any."""
    *errno, text = error.args if error else ("",)
    lines = (statement or "").splitlines()
    details = [f"errno {number}" for number in errno]
    details += [f"in answer to: {line}" for line in lines[:1]]
    hint = NOT_THE_OWNER if errno and errno[0] in DENIED else ""
    return MigrationError(f"{text} ({', '.join(details)}){hint}")


logging.basicConfig(format="%(levelname)-7s %(message)s")
logging.getLogger("alembic").setLevel(logging.INFO)
# Alembic prints an error as FAILED as well, but where that goes into a script.
if not context.is_offline_mode():
    logging.getLogger("alembic.util.messaging").setLevel(logging.CRITICAL)
try:
    run()
except BygonesError as error:
    raise MigrationError(str(error)) from error
except sqlalchemy.exc.DBAPIError as error:
    raise refusal(error.orig, error.statement) from error
except pymysql.Error as error:
    raise refusal(error, None) from error
