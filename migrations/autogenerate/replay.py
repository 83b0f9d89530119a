"""Tell what the revisions have installed, by running them without a database."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, RevisionStep

from bygones.compiler.definitions import Definition, Kind, trigger_table
from bygones.compiler.errors import MigrationError
from bygones.migrations.operations.archives import Register, Unregister
from bygones.migrations.operations.changes import Change
from bygones.migrations.operations.objects import Create, Drop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.runtime.migration import MigrationStep
    from alembic.script import Script, ScriptDirectory

    from bygones.compiler.project import Project

ALEMBICS = logging.getLogger("alembic.runtime.migration")

Object = tuple[Kind, str]
Recorded = Create | Drop | Change | Register | Unregister


@dataclass(frozen=True, slots=True)
class Installed:
    """What is there after all revisions, and what they ever named."""

    versions: dict[Object, int] = field(default_factory=dict)
    archives: dict[str, Register] = field(default_factory=dict)
    # What was there while an archive had a shape, by its name and the shape.
    shapes: dict[str, dict[int, dict[Object, int]]] = field(default_factory=dict)
    # What was there after a revision.
    after: dict[str, dict[Object, int]] = field(default_factory=dict)
    named: set[Definition] = field(default_factory=set)
    registered: set[str] = field(default_factory=set)


def replay(script: ScriptDirectory, project: Project) -> Installed:
    """Run all upgrades, from the first on, and take down what ours do.

    Alembic's own operations write into an offline script that nobody reads. No more
    operations can be run afterwards, until Alembic's next command.
    """
    record: list[Recorded | str] = []
    with Operations.context(_context(record)):
        for revision in reversed(list(script.walk_revisions())):
            _run(revision, "upgrade")
            record.append(revision.revision)
    return _install(record, project)


def recorded(revision: Script, way: str) -> list[Recorded | str]:
    """Take down what a revision's `upgrade` or `downgrade` does, without doing it."""
    record: list[Recorded | str] = []
    with Operations.context(_context(record)):
        _run(revision, way)
    return record


def created_kinds(steps: Iterable[MigrationStep]) -> set[Kind]:
    """Return the kinds of objects that steps create, be it up or down."""
    return {
        each.kind
        for step in steps
        if isinstance(step, RevisionStep)
        for each in recorded(
            step.revision, "upgrade" if step.is_upgrade else "downgrade"
        )
        if isinstance(each, Create)
    }


def _context(record: list[Recorded | str]) -> MigrationContext:
    level = ALEMBICS.level
    ALEMBICS.setLevel(logging.WARNING)  # what it says is of a script that nobody sees
    try:
        return MigrationContext.configure(
            dialect_name="mysql",
            opts={
                "as_sql": True,
                "output_buffer": io.StringIO(),
                "bygones_record": record,
            },
        )
    finally:
        ALEMBICS.setLevel(level)


def _run(revision: Script, way: str) -> None:
    try:
        getattr(revision.module, way)()
    except Exception as error:
        raise MigrationError(
            f"{revision.path}: its {way}() fails without a database, so what it "
            f"installs can't be told: {error!r}; let it say nothing but operations"
        ) from error


def _install(steps: list[Recorded | str], project: Project) -> Installed:
    installed = Installed()
    versions, archives = installed.versions, installed.archives
    for step in steps:
        match step:
            case Create(kind=kind, name=name, version=version):
                versions[kind, name] = version
                installed.named.add(Definition(kind, name, version))
            case Drop(kind=kind, name=name):
                versions.pop((kind, name), None)
                if kind == "table":
                    _drop_triggers(versions, name, project)
            case Change(name=name, version=version):
                versions["table", name] = version
                installed.named.add(Definition("table", name, version))
            case Register(archive=archive):
                archives[archive] = step
                installed.registered.add(archive)
            case Unregister(archive=archive):
                archives.pop(archive, None)
                installed.shapes.pop(archive, None)
            case str():  # a revision has ended
                installed.after[step] = dict(versions)
                for archive, register in archives.items():
                    shapes = installed.shapes.setdefault(archive, {})
                    shapes[register.shape] = dict(versions)
    return installed


def _drop_triggers(versions: dict[Object, int], table: str, project: Project) -> None:
    """Drop the triggers of a table, which go with it."""
    for kind, name in [object_ for object_ in versions if object_[0] == "trigger"]:
        text = Definition(kind, name, versions[kind, name]).text(project)
        if trigger_table(text) == table:
            del versions[kind, name]
