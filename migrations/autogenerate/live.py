"""Look at what the history schema holds, and tell what somebody changed by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy.exc

from bygones.compiler.definitions import (
    Definition,
    as_mariadb_reads,
    as_mysql_reads,
    words,
)
from bygones.compiler.names import Schemas, quote, unquote
from bygones.migrations.operations.objects import ACCESS_DENIED, EVENTS_ARE_DISABLED
from bygones.migrations.session import VERBATIM
from bygones.runner.connection import SQL_MODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bygones.compiler.project import Project

NAMES = {
    "table": "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = %s AND table_type = 'BASE TABLE'",
    "view": "SELECT table_name FROM information_schema.views WHERE table_schema = %s",
    "procedure": "SELECT routine_name FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'PROCEDURE'",
    "function": "SELECT routine_name FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'FUNCTION'",
    "trigger": "SELECT trigger_name FROM information_schema.triggers"
    " WHERE trigger_schema = %s",
    "event": "SELECT event_name FROM information_schema.events WHERE event_schema = %s",
}
TABLES = (
    "SELECT trigger_name, event_object_table FROM information_schema.triggers"
    " WHERE trigger_schema = %s"
)
# Where SHOW CREATE has the statement; sql_mode stands right after the name.
MODE = 1
STATEMENT = {"function": 2, "procedure": 2, "trigger": 2, "event": 3}

# In the place of what is said. A procedure of another definer doesn't show itself.
HIDDEN = ["hidden"]
OTHER_MODE = ["sql_mode"]

# What follows the type that a function returns.
ACCESS = {"DETERMINISTIC", "NOT", "NO", "CONTAINS", "READS", "MODIFIES"}

# What the server doesn't repeat, for it's the default.
DEFINER = ["SQL", "SECURITY", "DEFINER"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What there is, by kind and name; of what has a body, what it says."""

    schemas: Schemas
    is_mariadb: bool
    refuses_events: bool
    # Of tables and views nothing; in lower case, as a server may keep their names.
    said: Mapping[tuple[str, str], list[str]]
    # The table of each trigger, in lower case.
    triggers: Mapping[str, str] = field(default_factory=dict)

    def holds(self, definition: Definition) -> bool:
        """Tell whether there is an object of that kind and name."""
        return _key(definition.kind, definition.name) in self.said

    def problem(self, definition: Definition, project: Project) -> str | None:
        """Tell what an upgrade has to set right, if anything."""
        kind, name = definition.kind, definition.name
        if self.holds(definition):
            said = self.said[_key(kind, name)]
            text = definition.installable(project, self.schemas)
            as_read = as_mariadb_reads if self.is_mariadb else as_mysql_reads
            text = as_read(text)
            is_same = not said or said == _said(kind, text)
            return None if is_same else "changed by hand"
        if kind == "event" and self.refuses_events:
            return None  # nothing needs it, and the upgrade has said so
        return "missing"


def read_live(connection: sqlalchemy.Connection, schemas: Schemas) -> Live:
    """Look at the history schema."""
    said: dict[tuple[str, str], list[str]] = {}
    for kind, name in _names(connection, schemas.history):
        said[_key(kind, name)] = _show(connection, kind, schemas, name)
    triggers = connection.exec_driver_sql(TABLES, (schemas.history,)).all()
    (is_mariadb,) = connection.exec_driver_sql(
        "SELECT VERSION() LIKE '%%MariaDB%%'"
    ).one()
    return Live(
        schemas=schemas,
        is_mariadb=bool(is_mariadb),
        refuses_events=refuses_events(connection, schemas.history),
        said=said,
        triggers={name: table.lower() for name, table in triggers},
    )


def read_names(connection: sqlalchemy.Connection, history: str) -> set[tuple[str, str]]:
    """Look at what there is, and not at what it says."""
    return {_key(kind, name) for kind, name in _names(connection, history)}


def _names(
    connection: sqlalchemy.Connection, history: str
) -> Iterator[tuple[str, str]]:
    for kind, query in NAMES.items():
        if kind == "event" and refuses_events(connection, history):
            continue
        for (name,) in connection.exec_driver_sql(query, (history,)).all():
            yield kind, name


def refuses_events(connection: sqlalchemy.Connection, history: str) -> bool:
    """Tell whether events can't be had, nor seen: without EVENT, or if DISABLED."""
    try:
        connection.exec_driver_sql(f"SHOW EVENTS FROM {quote(history)}").all()
    except sqlalchemy.exc.DBAPIError as error:
        refusals = (ACCESS_DENIED, EVENTS_ARE_DISABLED)
        if error.orig is None or error.orig.args[0] not in refusals:
            raise
        return True
    return False


def expect_live(versions: Iterable[tuple[str, str]], schemas: Schemas) -> Live:
    """Take what revisions will install for what there is, where none has run."""
    said: dict[tuple[str, str], list[str]] = {
        _key(kind, name): [] for kind, name in versions
    }
    return Live(
        schemas=schemas,
        is_mariadb=False,
        refuses_events=False,
        said=said,
    )


def _show(
    connection: sqlalchemy.Connection, kind: str, schemas: Schemas, name: str
) -> list[str]:
    if kind in ("table", "view"):
        return []
    row = connection.exec_driver_sql(
        f"SHOW CREATE {kind.upper()} {quote(schemas.history)}.{quote(name)}",
        execution_options=VERBATIM,
    ).one()
    mode, statement = row[MODE], row[STATEMENT[kind]]
    if statement is None:
        return HIDDEN
    if set(mode.split(",")) != set(SQL_MODE.split(",")):
        return OTHER_MODE
    return _said(kind, statement)


def _said(kind: str, text: str) -> list[str]:
    """Return what matters of a definition, which the server words in its own way."""
    said = words(text.rstrip().removesuffix(";"))
    match kind:
        case "procedure":
            matters = _routine(said)
        case "function":
            matters = _function(_routine(said))
        case "trigger":
            matters = _trigger(said)
        case _:  # an event's schedule is whose database it is
            matters = said[said.index("DO") :]
    return [unquote(word) for word in matters]


def _routine(said: list[str]) -> list[str]:
    """Leave out the definer, the name, the comment, and what is the default."""
    said = said[said.index("(") :]
    comment = said.index("COMMENT") if "COMMENT" in said else len(said)
    del said[comment : comment + len(("COMMENT", "text"))]
    for start in range(len(said)):
        if said[start : start + len(DEFINER)] == DEFINER:
            return said[:start] + said[start + len(DEFINER) :]
    return said


def _function(said: list[str]) -> list[str]:
    """Word what is returned as servers do: varchar(20) CHARSET ascii COLLATE ...."""
    begin = said.index("RETURNS") + 1
    end = next(n for n in range(begin, len(said)) if said[n] in ACCESS)
    returned = " ".join(said[begin:end]).lower().replace("character set", "charset")
    return [*said[:begin], *returned.split(), *said[end:]]


def _trigger(said: list[str]) -> list[str]:
    """Leave out the definer, and the schemas of the trigger and its table."""
    on = said.index("ON")
    is_qualified = said[on + 2] == "."
    return said[on - 2 : on + 1] + said[on + (3 if is_qualified else 1) :]


def _key(kind: str, name: str) -> tuple[str, str]:
    return kind, name.lower() if kind in ("table", "view") else name
