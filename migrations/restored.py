"""Notice an installation that came out of a dump, and make it one that works.

A dump has the tables, and with them the revision that they are of. Without --routines
it has no procedures; restored under another name, or by another account, it has
procedures that don't work there. Revisions say what there should be, so `upgrade`
installs it again, and touches no table.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy

from bygones.compiler.errors import MigrationError
from bygones.compiler.names import quote
from bygones.migrations.autogenerate.live import NAMES, read_names, refuses_events
from bygones.migrations.autogenerate.order import ordered
from bygones.migrations.autogenerate.replay import replay
from bygones.migrations.autogenerate.wording import counted_by_kind
from bygones.migrations.operations.objects import Create
from bygones.migrations.session import VERBATIM
from bygones.migrations.trusting import KINDS, require_trust
from bygones.runner.doctor import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from bygones.compiler.project import Project
    from bygones.migrations.autogenerate.replay import Object
    from bygones.runner.connection import Database
    from bygones.runner.doctor import Doctor

log = logging.getLogger("alembic.bygones")

WAY_OUT = "as the account that is to own them: alembic upgrade head"

COPIED = 30020
NO_DEFINER = 1449
EXECUTE_DENIED = 1370
AILMENTS = {
    COPIED: "it is a copy, restored under another name, and orders under the keys of "
    "the history that came with it count as copied",
    NO_DEFINER: "the account that its procedures run as isn't there",
    EXECUTE_DENIED: "the account that its procedures run as has no rights here",
}
REPLICA_SIDE = {"SLAVESIDE_DISABLED", "REPLICA_SIDE_DISABLED"}


class RestoredError(MigrationError):
    """Tell that no procedure works here, and what to do about it."""

    def __init__(self, found: str) -> None:
        """Keep what was found apart from the way out, for the doctor's table."""
        super().__init__(f"{found}; {WAY_OUT}")
        self.found = found


def ailment(connection: sqlalchemy.Connection, history: str) -> str | None:
    """Tell why no procedure of an installation can work here; None if they do."""
    procedures, definer, account = connection.exec_driver_sql(
        "SELECT COUNT(*), MAX(definer), CURRENT_USER() FROM information_schema.routines"
        " WHERE routine_schema = %s AND routine_type = 'PROCEDURE'",
        (history,),
    ).one()
    if not procedures:
        return (
            f"{history} has no procedure that this account can see: a dump was "
            "restored without its routines"
        )
    progress = f"{quote(history)}.progress"
    try:
        shown = connection.exec_driver_sql(
            f"SHOW CREATE PROCEDURE {progress}", execution_options=VERBATIM
        ).one()
        connection.exec_driver_sql(
            f"CALL {progress}()", execution_options=VERBATIM
        ).all()
    except sqlalchemy.exc.DBAPIError as error:
        errno, text, *_ = error.orig.args if error.orig else (0, "")
        user, _, host = account.rpartition("@")
        # Whoever may not execute it isn't the one to tell.
        is_own = errno == EXECUTE_DENIED and f"'{user}'@'{host}'" in text
        why = None if is_own else AILMENTS.get(errno)
        return f"{history} can't work, {why}: {text}" if why else None
    if shown[2] is None:
        return (
            f"{account} can't see what the procedures of {history} say: run alembic as "
            f"the account that installed them, {definer}, or let this one have "
            "SHOW_ROUTINE"
        )
    return None


def refuse(connection: sqlalchemy.Connection, history: str) -> None:
    """Compare nothing with an installation whose procedures can't work."""
    if found := ailment(connection, history):
        raise RestoredError(found)


def mend(context: MigrationContext, project: Project, history: str) -> None:
    """Install again what the installed revision says is there, and isn't or can't work.

    No table is touched; a table that lacks is a matter of backups.
    """
    heads, script = context.get_current_heads(), context.opts["script"]
    connection = context.connection
    if not heads or connection is None:
        return
    why = ailment(connection, history)
    if why is None and set(heads) != set(script.get_heads()):
        return  # an upgrade that failed half-way goes on
    objects = without_tables(replay(script, project).after[heads[0]])
    lacking = missing(objects, read_names(connection, history))
    wanted = objects if why else lacking
    refused = {"event"} if refuses_events(connection, history) else set()
    steps = [
        Create(kind=kind, name=name, version=version)
        for (kind, name), version in objects.items()
        if (kind, name) in wanted and kind not in refused
    ]
    if not steps:
        return
    if any(step.kind in KINDS for step in steps):
        require_trust(context)
    for step in ordered(steps):
        step.run(context)
    log.warning(
        "%s; installed again, as revision %s has it: %s; no table was touched",
        why or f"{history} lacked {counted_by_kind(lacking)}",
        heads[0],
        counted_by_kind((step.kind, step.name) for step in steps),
    )


def look(
    doctor: Doctor, database: Database, script: ScriptDirectory, project: Project
) -> Iterator[Check]:
    """Look for what a dump, or the server, left out; and whether the event is awake."""
    names = {
        (kind, name.lower() if kind == "view" else name)
        for kind, query in NAMES.items()
        for row in doctor.rows(query, database.history)
        for name in map(str, row.values())
    }
    objects = without_tables(replay(script, project).versions)
    lacking = missing(objects, names)
    if "EVENT" not in doctor.privileges(database.history):
        lacking = [each for each in lacking if each[0] != "event"]  # it sees none
    if lacking:
        verb = "is" if len(lacking) == 1 else "are"
        yield Check(
            name="installed",
            verdict="stop",
            found=f"{counted_by_kind(lacking)} {verb} missing",
            todo="alembic upgrade head",
        )
    yield from _event(doctor, database)


def _event(doctor: Doctor, database: Database) -> Iterator[Check]:
    """Look whether an event sleeps that somebody may count on."""
    for row in doctor.rows(
        "SELECT event_name AS name, status AS status FROM information_schema.events"
        " WHERE event_schema = %s",
        database.history,
    ):
        event = f"{quote(database.history)}.{quote(str(row['name']))}"
        if row["status"] in REPLICA_SIDE:
            yield Check(
                name="event",
                verdict="warn",
                found=f"{row['name']} is {row['status']}: this server was a replica "
                "when it came here, and it copies nothing, whatever it did there",
                todo=f"ALTER EVENT {event} ENABLE if it is to copy, else DISABLE",
            )
        elif row["status"] == "ENABLED" and doctor.settings["event_scheduler"] != "ON":
            yield Check(
                name="event",
                verdict="warn",
                found=f"{row['name']} is ENABLED and copies nothing: event_scheduler "
                f"is {doctor.settings['event_scheduler']}",
                todo="SET GLOBAL event_scheduler = ON, and in the server's settings",
            )


def without_tables(versions: Mapping[Object, int]) -> dict[Object, int]:
    """Leave out what a dump always has, and what can't be created again."""
    return {each: version for each, version in versions.items() if each[0] != "table"}


def missing(
    objects: Iterable[Object], names: Collection[tuple[str, str]]
) -> list[Object]:
    """Return the objects that aren't there."""
    return [object_ for object_ in objects if object_ not in names]
