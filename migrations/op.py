"""What a revision can say: Alembic's own operations, and bygones' objects.

A revision holds no SQL: it names objects and versions, and the text comes from the
file that defines them. Every operation can be run again after a failure half-way, and
works offline (`alembic upgrade head --sql`) too.
"""

from __future__ import annotations

import logging

import sqlalchemy.exc
from alembic.op import *  # noqa: F403 - a revision needs one `op`
from alembic.op import get_context

from migrations.definitions import Definition
from migrations.names import Schemas, quote
from migrations.sending import send

log = logging.getLogger("alembic.bygones")

# Not allowed to create a trigger while the binary log is on and
# log_bin_trust_function_creators is off.
TRIGGERS_ARE_NOT_TRUSTED = 1419


def install_table(name: str, *, version: int) -> None:
    """Create a table of the history schema, unless it is there."""
    _create(Definition("table", name, version))
    # Changes nothing, and fails where the name is taken by a view.
    _send(f"ALTER TABLE {_installed(name)};\n")


def uninstall_table(name: str) -> None:
    """Drop a table of the history schema with its triggers, if it is there."""
    _drop("TABLE", name)


def create_view(name: str, *, version: int) -> None:
    """Create a view; one of that name is replaced."""
    _create(Definition("view", name, version))


def drop_view(name: str) -> None:
    """Drop a view, if it is there."""
    _drop("VIEW", name)


def create_procedure(name: str, *, version: int) -> None:
    """Create a procedure; one of that name is replaced."""
    _drop("PROCEDURE", name)
    _create(Definition("procedure", name, version))


def drop_procedure(name: str) -> None:
    """Drop a procedure, if it is there."""
    _drop("PROCEDURE", name)


def create_trigger(name: str, *, version: int) -> None:
    """Create a trigger, or warn where the server trusts nobody with one (1419)."""
    try:
        _drop("TRIGGER", name)
        _create(Definition("trigger", name, version))
    except sqlalchemy.exc.DBAPIError as error:
        if error.orig is None or error.orig.args[0] != TRIGGERS_ARE_NOT_TRUSTED:
            raise
        log.warning(
            "left out the trigger %s: the server answers 1419, so only missing "
            "privileges protect history; to have it, set "
            "log_bin_trust_function_creators = 1, stamp the revision before this one, "
            "and upgrade again",
            name,
        )


def register_archive(name: str) -> None:
    """Give a new archive its row and its lane in the control tables."""
    _send(f"CALL {_installed('_register_archive')}('{name}');\n")


def unregister_archive(name: str) -> None:
    """Take an archive off the control tables; refused while it holds history."""
    _send(f"CALL {_installed(f'_uninstall_{name}')}();\n")


def _create(definition: Definition) -> None:
    project = get_context().opts["bygones_project"]
    _send(definition.installable(project, _schemas()))


def _drop(kind: str, name: str) -> None:
    _send(f"DROP {kind} IF EXISTS {_installed(name)};\n")


def _installed(name: str) -> str:
    return f"{quote(_schemas().history)}.{quote(name)}"


def _schemas() -> Schemas:
    schemas = get_context().opts["bygones_installed"]
    assert isinstance(schemas, Schemas)  # noqa: S101 - env.py is ours
    return schemas


def _send(sql: str) -> None:
    send(get_context(), sql)
