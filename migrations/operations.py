"""What a revision can say beside Alembic's own operations.

A revision holds no SQL: it names objects and versions, and the text comes from the
file that defines them. Every operation can be run again after a failure half-way, and
works offline (`alembic upgrade head --sql`) too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy.exc
from alembic.operations import MigrateOperation, Operations

from migrations.definitions import Definition, Kind
from migrations.names import Schemas, quote, rename

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic.bygones")

DELIMITER = "$$"

# Not allowed to create a trigger while the binary log is on and
# log_bin_trust_function_creators is off.
TRIGGERS_ARE_NOT_TRUSTED = 1419


class OfflineDelimiterError(Exception):
    """A definition holds the delimiter that offline scripts are written with."""


@Operations.register_operation("create_procedure", "create_procedure")
@Operations.register_operation("create_trigger", "create_trigger")
@Operations.register_operation("create_view", "create_view")
@Operations.register_operation("install_table", "install_table")
class CreateObject(MigrateOperation):
    """Create an object as one version of its file defines it."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    @classmethod
    def create_procedure(
        cls, operations: Operations, name: str, *, version: int
    ) -> None:
        """Create a procedure; one of that name is replaced."""
        operations.invoke(cls(Definition("procedure", name, version)))

    @classmethod
    def create_trigger(cls, operations: Operations, name: str, *, version: int) -> None:
        """Create a trigger, or warn where the server trusts nobody with one (1419)."""
        operations.invoke(cls(Definition("trigger", name, version)))

    @classmethod
    def create_view(cls, operations: Operations, name: str, *, version: int) -> None:
        """Create a view; one of that name is replaced."""
        operations.invoke(cls(Definition("view", name, version)))

    @classmethod
    def install_table(cls, operations: Operations, name: str, *, version: int) -> None:
        """Create a table of the history schema, unless it is there."""
        operations.invoke(cls(Definition("table", name, version)))

    def reverse(self) -> DropObject:
        """Drop it."""
        return DropObject(self.definition)

    def to_diff_tuple(self) -> tuple[str, str]:
        """Say in `alembic check` what would be done."""
        return (f"create_{self.definition.kind}", self.definition.name)


@Operations.register_operation("drop_procedure", "drop_procedure")
@Operations.register_operation("drop_trigger", "drop_trigger")
@Operations.register_operation("drop_view", "drop_view")
@Operations.register_operation("uninstall_table", "uninstall_table")
class DropObject(MigrateOperation):
    """Drop an object; `version` is what creates it again."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    @classmethod
    def drop_procedure(cls, operations: Operations, name: str, *, version: int) -> None:
        """Drop a procedure, if it is there."""
        operations.invoke(cls(Definition("procedure", name, version)))

    @classmethod
    def drop_trigger(cls, operations: Operations, name: str, *, version: int) -> None:
        """Drop a trigger, if it is there."""
        operations.invoke(cls(Definition("trigger", name, version)))

    @classmethod
    def drop_view(cls, operations: Operations, name: str, *, version: int) -> None:
        """Drop a view, if it is there."""
        operations.invoke(cls(Definition("view", name, version)))

    @classmethod
    def uninstall_table(
        cls, operations: Operations, name: str, *, version: int
    ) -> None:
        """Drop a table of the history schema, if it is there."""
        operations.invoke(cls(Definition("table", name, version)))

    def reverse(self) -> CreateObject:
        """Create it."""
        return CreateObject(self.definition)

    def to_diff_tuple(self) -> tuple[str, str]:
        """Say in `alembic check` what would be done."""
        return (f"drop_{self.definition.kind}", self.definition.name)


@Operations.register_operation("register_archive", "register_archive")
@Operations.register_operation("unregister_archive", "unregister_archive")
@dataclass
class SetArchive(MigrateOperation):
    """Give an archive its place in the control tables, or take it."""

    name: str
    is_registered: bool

    procedures: ClassVar[dict[bool, str]] = {
        True: "_register_archive('{name}')",
        False: "_uninstall_{name}()",
    }

    @classmethod
    def register_archive(cls, operations: Operations, name: str) -> None:
        """Give a new archive its row and its lane."""
        operations.invoke(cls(name, is_registered=True))

    @classmethod
    def unregister_archive(cls, operations: Operations, name: str) -> None:
        """Take an archive off the control tables; refused while it holds history."""
        operations.invoke(cls(name, is_registered=False))

    def reverse(self) -> SetArchive:
        """Do the opposite."""
        return SetArchive(self.name, is_registered=not self.is_registered)

    def to_diff_tuple(self) -> tuple[str, str]:
        """Say in `alembic check` what would be done."""
        verb = "register" if self.is_registered else "unregister"
        return (f"{verb}_archive", self.name)


@Operations.implementation_for(CreateObject)
def create_object(operations: Operations, operation: CreateObject) -> None:
    """Send a definition file, in the names of this installation."""
    context = operations.migration_context
    definition = operation.definition
    if definition.kind in {"procedure", "trigger"}:
        # There is no CREATE OR REPLACE for these.
        drop_object(operations, DropObject(definition))
    sql = rename(
        definition.text(),
        written=written_schemas(context),
        installed=installed_schemas(context),
    )
    try:
        execute(context, sql)
    except sqlalchemy.exc.DBAPIError as error:
        if error.orig is None or error.orig.args[0] != TRIGGERS_ARE_NOT_TRUSTED:
            raise
        log.warning(
            "left out the trigger %s: the server answers 1419; to have history "
            "refuse UPDATE and DELETE by everybody, set "
            "log_bin_trust_function_creators = 1, downgrade and upgrade again",
            definition.name,
        )


@Operations.implementation_for(DropObject)
def drop_object(operations: Operations, operation: DropObject) -> None:
    """Drop an object of the history schema, if it is there."""
    context = operations.migration_context
    kind: Kind = operation.definition.kind
    schema = quote(installed_schemas(context).history)
    name = quote(operation.definition.name)
    execute(context, f"DROP {kind.upper()} IF EXISTS {schema}.{name};\n")


@Operations.implementation_for(SetArchive)
def set_archive(operations: Operations, operation: SetArchive) -> None:
    """CALL the private procedure that does it, and that refuses if it must."""
    context = operations.migration_context
    schema = quote(installed_schemas(context).history)
    call = SetArchive.procedures[operation.is_registered].format(name=operation.name)
    execute(context, f"CALL {schema}.{call};\n")


def installed_schemas(context: MigrationContext) -> Schemas:
    """Which schemas this installation has: env.py says it."""
    schemas = context.opts["bygones_installed"]
    assert isinstance(schemas, Schemas)  # noqa: S101 - env.py is ours
    return schemas


def written_schemas(context: MigrationContext) -> Schemas:
    """Which schemas archives.toml and the SQL files name."""
    schemas = context.opts["bygones_written"]
    assert isinstance(schemas, Schemas)  # noqa: S101 - env.py is ours
    return schemas


def execute(context: MigrationContext, sql: str) -> None:
    """Run one statement, or write it into the offline script, letter for letter."""
    if context.as_sql:
        if DELIMITER in sql:
            raise OfflineDelimiterError(
                f'The definition holds "{DELIMITER}", which ends a statement in the '
                f"offline script: {sql.splitlines()[0]}"
            )
        text = sql.rstrip().removesuffix(";")
        context.impl.static_output(
            f"DELIMITER {DELIMITER}\n{text}\n{DELIMITER}\nDELIMITER ;\n"
        )
    else:
        assert context.connection is not None  # noqa: S101 - online has one
        # Without parameters nothing is taken for a placeholder, neither % nor :name.
        context.connection.exec_driver_sql(
            sql.rstrip().removesuffix(";"), execution_options={"no_parameters": True}
        )
