"""Create, replace and drop one object, whose definition is a file."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy.exc

from bygones.compiler.definitions import Definition, Kind, event_body
from bygones.compiler.names import SUFFIX
from bygones.migrations.operations.base import NewFile, Step, call, in_history, schemas
from bygones.migrations.operations.losses import refuse_loss
from bygones.migrations.sending import send

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

log = logging.getLogger("alembic.bygones")

# Access denied to a schema: of an event, the account lacks EVENT there.
ACCESS_DENIED = 1044
# MariaDB that was started with event_scheduler = DISABLED knows no events at all.
EVENTS_ARE_DISABLED = 1577
# Who alters an event becomes its definer; that of an administrator is out of reach.
HIGHER_DEFINER = 1227

CREATE: dict[Kind, str] = {
    "table": "install_table",
    "view": "create_view",
    "function": "create_function",
    "procedure": "create_procedure",
    "trigger": "create_trigger",
    "event": "create_event",
}
DROP: dict[Kind, str] = {
    "table": "uninstall_table",
    "view": "drop_view",
    "function": "drop_function",
    "procedure": "drop_procedure",
    "trigger": "drop_trigger",
    "event": "drop_event",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(Step):
    """Create an object, in the place of one of its name; a table only if it's new."""

    kind: Kind
    name: str
    version: int
    # What a downgrade comes back to, if there is one.
    before: int | None = None
    why: str = "new"
    new_file: NewFile | None = None

    def run(self, context: MigrationContext) -> None:
        """Create it; or leave it out, where an event isn't allowed."""
        try:
            self._create(context)
        except sqlalchemy.exc.DBAPIError as error:
            if self.kind == "event" and _is(error, ACCESS_DENIED):
                log.warning(
                    "left out the event %s: this account lacks EVENT on %s, so the "
                    "server's own scheduler can't copy, and nothing else needs it; to "
                    "have it, grant EVENT, and add a revision by --autogenerate",
                    self.name,
                    schemas(context).history,
                )
                return
            if self.kind == "event" and _is(error, EVENTS_ARE_DISABLED):
                log.warning(
                    "left out the event %s: event_scheduler is DISABLED, so the "
                    "server's own scheduler can't copy, and nothing else needs it; to "
                    "have it, start the server with event_scheduler = OFF or ON, and "
                    "add a revision by --autogenerate",
                    self.name,
                )
                return
            if self.kind == "event" and _is(error, HIGHER_DEFINER):
                _warn_of_definer(self.name)
                return
            raise

    def _create(self, context: MigrationContext) -> None:
        if self.kind in ("function", "procedure", "trigger"):
            Drop(kind=self.kind, name=self.name).run(context)
        definition = Definition(self.kind, self.name, self.version)
        project = context.opts["bygones_project"]
        text = definition.installable(project, schemas(context))
        send(context, text)
        if self.kind == "event":
            # One that was there keeps its schedule, and is enabled if it was.
            name = in_history(context, self.name)
            send(context, f"ALTER EVENT {name} {event_body(text)}")
        if self.kind == "table":
            # Changes nothing, and fails where the name is taken by a view.
            send(context, f"ALTER TABLE {in_history(context, self.name)};\n")

    def lines(self) -> list[str]:
        """Name the object and its version."""
        return [call(CREATE[self.kind], self.name, version=self.version)]

    def files(self) -> list[NewFile]:
        """Return the file of a new version."""
        return [self.new_file] if self.new_file else []

    def reverse(self) -> Create | Drop:
        """Come back to what was there."""
        if self.before is None:
            return Drop(kind=self.kind, name=self.name, version=self.version)
        return Create(
            kind=self.kind, name=self.name, version=self.before, before=self.version
        )

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say why it's to be created."""
        return (self.why, self.kind, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Step):
    """Drop an object, if it's there; a table with its triggers."""

    kind: Kind
    name: str
    # What a downgrade comes back to.
    version: int | None = None

    def run(self, context: MigrationContext) -> None:
        """Drop it; but no rows that were copied."""
        if self.kind == "table" and self.name.endswith(SUFFIX):
            refuse_loss(context, self.name, "TRUE", "rows")
        name = in_history(context, self.name)
        try:
            send(context, f"DROP {self.kind.upper()} IF EXISTS {name};\n")
        except sqlalchemy.exc.DBAPIError as error:
            if self.kind == "event" and _is(error, HIGHER_DEFINER):
                _warn_of_definer(self.name)
            elif self.kind == "event" and _is(error, EVENTS_ARE_DISABLED):
                log.warning(
                    "left the event %s alone: event_scheduler is DISABLED; if it's "
                    "there, drop it where the server was started otherwise",
                    self.name,
                )
            elif self.kind == "event" and _is(error, ACCESS_DENIED):
                log.warning(
                    "left the event %s alone: this account lacks EVENT on %s; if it's "
                    "there, it fails from now on until it is dropped",
                    self.name,
                    schemas(context).history,
                )
            else:
                raise

    def lines(self) -> list[str]:
        """Name the object."""
        return [call(DROP[self.kind], self.name)]

    def reverse(self) -> Create:
        """Create it again."""
        assert self.version is not None  # noqa: S101 - what compares knows it
        return Create(kind=self.kind, name=self.name, version=self.version)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Say that it has no place any more."""
        return ("no longer wanted", self.kind, self.name)


def _warn_of_definer(event: str) -> None:
    log.warning(
        "left the event %s as it was: an administrator has altered it, and is its "
        "definer now; as administrator, DROP EVENT, and upgrade to a new revision",
        event,
    )


def _is(error: sqlalchemy.exc.DBAPIError, number: int) -> bool:
    """Tell by its number which error the server answered."""
    return error.orig is not None and error.orig.args[0] == number
