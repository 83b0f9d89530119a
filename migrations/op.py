"""What a revision can say: Alembic's own operations, and bygones' objects.

A revision holds no SQL: it names objects and versions, and the text comes from the
file that defines them. Every operation can be run again after a failure half-way, and
works offline (`alembic upgrade head --sql`) too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.op import *  # noqa: F403 - a revision needs one `op`
from alembic.op import invoke

from bygones.compiler.declaration.model import FULL_PASS_HOURS
from bygones.migrations.operations.archives import Register, Unregister
from bygones.migrations.operations.changes import Change, RefuseLoss, close
from bygones.migrations.operations.control import control_steps
from bygones.migrations.operations.objects import Create, Drop

if TYPE_CHECKING:
    from bygones.compiler.definitions import Kind


def install_table(name: str, *, version: int) -> None:
    """Create a table of the history schema, unless it is there."""
    _create("table", name, version)


def change_table(name: str, *, before: int, version: int) -> None:
    """Make a table of one version one of another; refuse to lose a value by it."""
    invoke(Change(name=name, before=before, version=version))


def refuse_loss(
    name: str, *, before: int | None = None, version: int | None = None
) -> None:
    """Refuse to lose a value by a change of a table or, without versions, its drop."""
    change = None
    if before is not None and version is not None:
        change = Change(name=name, before=before, version=version)
    invoke(RefuseLoss(name=name, change=change))


def uninstall_table(name: str) -> None:
    """Drop a table of the history schema with its triggers, if it is there."""
    _drop("table", name)


def create_view(name: str, *, version: int) -> None:
    """Create a view; one of that name is replaced."""
    _create("view", name, version)


def drop_view(name: str) -> None:
    """Drop a view, if it is there."""
    _drop("view", name)


def create_procedure(name: str, *, version: int) -> None:
    """Create a procedure; one of that name is replaced."""
    _create("procedure", name, version)


def drop_procedure(name: str) -> None:
    """Drop a procedure, if it is there."""
    _drop("procedure", name)


def create_function(name: str, *, version: int) -> None:
    """Create a function; one of that name is replaced."""
    _create("function", name, version)


def drop_function(name: str) -> None:
    """Drop a function, if it is there."""
    _drop("function", name)


def create_trigger(name: str, *, version: int) -> None:
    """Create a trigger; one of that name is replaced."""
    _create("trigger", name, version)


def drop_trigger(name: str) -> None:
    """Drop a trigger, if it is there."""
    _drop("trigger", name)


def create_event(name: str, *, version: int) -> None:
    """Create an event, disabled, or warn where the account may not (1044).

    One that is there keeps its schedule, and is enabled if it was.
    """
    _create("event", name, version)


def drop_event(name: str) -> None:
    """Drop an event, if it is there."""
    _drop("event", name)


def update_control() -> None:
    """Bring what all archives share from what the first revision installs to its last.

    For the sample, whose revision is written anew with each change. A team's own names
    the versions, as `alembic revision --autogenerate` finds them.
    """
    for step in control_steps():
        invoke(step)


def downgrade_control() -> None:
    """Bring it back."""
    for step in reversed(control_steps()):
        invoke(step.reverse())


def close_archive(name: str) -> None:
    """Let no chunk be copied until the procedure that checks the source is there."""
    invoke(close(name))


def register_archive(
    name: str, *, shape: int = 1, full_pass_hours: int = FULL_PASS_HOURS
) -> None:
    """Give a new archive its row and its lane in the control tables."""
    invoke(Register(archive=name, shape=shape, full_pass_hours=full_pass_hours))


def unregister_archive(name: str) -> None:
    """Take an archive off the control tables; refused while it holds history."""
    invoke(Unregister(archive=name))


def _create(kind: Kind, name: str, version: int) -> None:
    invoke(Create(kind=kind, name=name, version=version))


def _drop(kind: Kind, name: str) -> None:
    invoke(Drop(kind=kind, name=name))
