"""Connect Alembic to the database that BYGONES_DATABASE_URL names."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import sqlalchemy
from alembic import context

from migrations.autogenerate import plugin
from migrations.autogenerate.first import admit_untouched
from migrations.autogenerate.revisions import process_revision_directives
from migrations.declaration.reading import read_declaration
from migrations.errors import MigrationError
from migrations.names import Schemas
from migrations.project import KIT, Project
from migrations.session import PINS, create_schema, prepare
from runner.connection import SESSION, SETTING, Database, connect, database_from
from runner.errors import BygonesError

if TYPE_CHECKING:
    from migrations.declaration.model import Declaration

# How long one DDL statement may take to answer.
ANSWER_SECONDS = 600.0


def run() -> None:
    """Migrate, or write the script that does."""
    # A program that runs Alembic can name the database and the project itself.
    url = context.config.attributes.get("database_url")
    database = context.config.attributes.get("database") or database_from(
        {SETTING: url} if url else os.environ
    )
    project = find_project()
    # Before connecting: a mistake in the file leaves the server as it is. Without the
    # file, revisions can be run, but not written by comparing.
    is_declared = project.archives.exists()
    declaration = read_declaration(project.archives) if is_declared else None
    if context.is_offline_mode():
        run_offline(database, project)
    else:
        run_online(database, project, declaration)


def find_project() -> Project:
    """Return the project that is named, or else the one with the configuration file."""
    root = context.config.attributes.get("project")
    if root is None:
        file = context.config.toml_file_name
        root = Path(file).absolute().parent if file else KIT.root
    return Project(root)


def run_offline(database: Database, project: Project) -> None:
    """Write the script that a DBA applies by hand."""
    context.configure(
        dialect_name="mysql",
        dialect_opts={"paramstyle": "named"},  # another would double a name's %
        as_sql=True,
        version_table_schema=database.history,
        bygones_project=project,
        bygones_installed=Schemas(database.source),
    )
    for statement in (SESSION, *PINS, create_schema(database.history)):
        context.get_context().impl.static_output(f"{statement};\n")
    with context.begin_transaction():
        context.run_migrations()


def run_online(
    database: Database, project: Project, declaration: Declaration | None
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
            bygones_declaration=declaration,
            bygones_installed=Schemas(database.source),
        )
        admit_untouched(context.get_context())
        with context.begin_transaction():
            context.run_migrations()


def refusal(error: BaseException | None, statement: str | None) -> MigrationError:
    """Say what the server said, and to which statement, if any."""
    *errno, text = error.args if error else ("",)
    lines = (statement or "").splitlines()
    details = [f"errno {number}" for number in errno]
    details += [f"in answer to: {line}" for line in lines[:1]]
    return MigrationError(f"{text} ({', '.join(details)})")


logging.basicConfig(format="%(levelname)-7s %(message)s")
logging.getLogger("alembic").setLevel(logging.INFO)
try:
    run()
except BygonesError as error:
    raise MigrationError(str(error)) from error
except sqlalchemy.exc.DBAPIError as error:
    raise refusal(error.orig, error.statement) from error
except pymysql.Error as error:
    raise refusal(error, None) from error
