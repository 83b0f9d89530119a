"""Compare what's declared with what revisions installed, and that with what's there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bygones.compiler.definitions import Alteration, Definition, trigger_table
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import SUFFIX
from bygones.migrations.autogenerate.order import ordered
from bygones.migrations.autogenerate.versions import control_versions, find_version
from bygones.migrations.operations.archives import (
    InstallArchive,
    Register,
    UninstallArchive,
    Unregister,
)
from bygones.migrations.operations.base import NewFile
from bygones.migrations.operations.changes import Change, Close, Open, check_of, close
from bygones.migrations.operations.objects import Create, Drop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bygones.compiler.project import Project
    from bygones.compiler.sql import ArchiveObjects, Generated
    from bygones.migrations.autogenerate.live import Live
    from bygones.migrations.autogenerate.replay import Installed, Object
    from bygones.migrations.operations.base import Step


# Why a check is created that hasn't changed.
REOPENED = "reopened"
ROUTINES = ("function", "procedure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is declared, beside what is installed."""

    archives: Mapping[str, ArchiveObjects]
    installed: Installed
    # Of what is installed, what isn't of an archive that goes.
    staying: Mapping[Object, int]
    folders: Mapping[Object, str]
    live: Live
    project: Project

    def refuse_missing_tables(self) -> None:
        """Refuse to go on: no upgrade brings rows back."""
        missing = [
            name
            for (kind, name), version in self.staying.items()
            if kind == "table" and not self.live.holds(Definition(kind, name, version))
        ]
        if missing:
            raise MigrationError(
                f"{self.live.schemas.history} lacks tables that were installed: "
                f"{', '.join(sorted(missing))}; bring them back from a backup"
            )

    def refuse_triggers(self) -> None:
        """Refuse to go on beside triggers of others, which no revision drops."""
        ours = {name for kind, name in self.installed.versions if kind == "trigger"}
        tables = {
            name.lower()
            for kind, name in self.staying
            if kind == "table" and name.endswith(SUFFIX)
        }
        others = [
            f"{table} has a trigger that isn't bygones' own, {name}"
            for name, table in sorted(self.live.triggers.items())
            if name not in ours and table in tables
        ]
        if others:
            raise MigrationError("; ".join([*others, "drop it by DROP TRIGGER"]))

    def refuse_taken_tables(self) -> None:
        """Let no table with the history of one archive become another's."""
        mistakes = [
            f"archive.{archive}: the table {generated.name} holds the history of the "
            f"archive {self.folders[_key(generated)]}; choose another name"
            for archive, objects in self.archives.items()
            for generated in objects.objects
            if generated.kind == "table"
            and _key(generated) in self.staying
            and self.folders[_key(generated)] != archive
        ]
        if mistakes:
            raise MigrationError("\n".join(mistakes))

    def control(self) -> list[Step]:
        """Bring bygones' own objects to their last versions."""
        return ordered(
            step
            for (kind, name), version in control_versions().items()
            for step in self._bring_control(Definition(kind, name, version))
        )

    def _bring_control(self, definition: Definition) -> Iterator[Step]:
        """Alter a table that is there: its rows stay. All else is created anew."""
        before = self.staying.get((definition.kind, definition.name))
        if definition.kind == "table" and before not in {None, definition.version}:
            yield Change(
                name=definition.name, before=before, version=definition.version
            )
        else:
            yield from self._bring(definition, None)

    def change(self, objects: ArchiveObjects) -> list[Step]:
        """Bring the objects of an archive to what its declaration wants.

        Meanwhile no chunk is copied, which would be half of the one shape and half of
        the other.
        """
        steps = [*self._bring_all(objects), *self._drop_others(objects.archive)]
        check = check_of(objects.archive)
        version = self.staying.get(("procedure", check))
        if version is not None and any(map(_is_of_chunks, steps)):
            steps = [
                close(objects.archive, version),
                *_opened(steps, objects.archive, version),
            ]
        return ordered(steps, last=check)

    def _bring_all(self, objects: ArchiveObjects) -> Iterator[Step]:
        archive = objects.archive
        for generated in objects.objects:
            if self._is_there(generated):
                yield from self._follow(archive, generated)
            else:
                yield from self._bring(*self._find_version(archive, generated))
        before = replace(self.installed.archives[archive], before=None)
        register = _register(objects)
        if register != before:
            yield replace(register, before=before)

    def install(self, objects: ArchiveObjects) -> InstallArchive:
        """Install a new archive."""
        archive = objects.archive
        definitions = [self._find_version(archive, g) for g in objects.objects]
        return InstallArchive(
            register=_register(objects),
            objects=tuple(
                ordered(
                    Create(
                        kind=definition.kind,
                        name=definition.name,
                        version=definition.version,
                        before=self.staying.get((definition.kind, definition.name)),
                        new_file=file,
                    )
                    for definition, file in definitions
                )
            ),
        )

    def uninstall(self, archive: str) -> UninstallArchive:
        """Take away an archive that isn't declared any more."""
        return UninstallArchive(
            unregister=Unregister(
                archive=archive, before=self.installed.archives[archive]
            ),
            objects=tuple(
                ordered(
                    Create(kind=kind, name=name, version=version)
                    for (kind, name), version in self.installed.versions.items()
                    if self.folders[kind, name] == archive
                )
            ),
        )

    def _is_there(self, generated: Generated) -> bool:
        """Tell a table that is there, which an upgrade alters if anything."""
        return generated.kind == "table" and _key(generated) in self.staying

    def _follow(self, archive: str, generated: Generated) -> Iterator[Change]:
        """Alter a table that is there, whatever the text was that it was made by."""
        if generated.alteration is None or generated.reversal is None:
            return
        name = generated.name
        before = self.staying[_key(generated)]
        version = 1 + max(
            named.version
            for named in self.installed.named
            if (named.kind, named.name) == _key(generated)
        )
        texts = {
            Definition("table", name, version).file: generated.text,
            Alteration(name, before, version).file: generated.alteration,
            Alteration(name, version, before).file: generated.reversal,
        }
        yield Change(
            name=name,
            before=before,
            version=version,
            new_files=tuple(
                NewFile(path=self.project.sql / archive / file, text=text)
                for file, text in texts.items()
            ),
        )

    def _find_version(
        self, archive: str, generated: Generated
    ) -> tuple[Definition, NewFile | None]:
        version, file = find_version(
            generated,
            archive=archive,
            named=self.installed.named,
            project=self.project,
        )
        return Definition(generated.kind, generated.name, version), file

    def _bring(self, definition: Definition, file: NewFile | None) -> Iterator[Step]:
        """Bring one object to a version, or back to it."""
        kind, name = definition.kind, definition.name
        before = self.staying.get((kind, name))
        if before == definition.version:
            why = self.live.problem(definition, self.project)
        else:
            why = "new" if before is None else "changed"
        if why is not None:
            yield Create(
                kind=kind,
                name=name,
                version=definition.version,
                before=before,
                why=why,
                new_file=file,
            )

    def _drop_others(self, archive: str) -> Iterator[Step]:
        """Drop what the archive doesn't want any more, but no table and its triggers.

        What another archive wants now isn't dropped either.
        """
        wanted = {_key(g) for o in self.archives.values() for g in o.objects}
        for (kind, name), version in self.staying.items():
            if self.folders[kind, name] != archive or (kind, name) in wanted:
                continue
            definition = Definition(kind, name, version)
            if kind != "table" and not self._protects_a_kept_table(definition, wanted):
                yield Drop(kind=kind, name=name, version=version)
            else:
                yield from self._bring(definition, None)

    def _protects_a_kept_table(
        self, definition: Definition, wanted: set[Object]
    ) -> bool:
        if definition.kind != "trigger":
            return False
        table = trigger_table(definition.text(self.project))
        return ("table", table) not in wanted


def is_door(step: object) -> bool:
    """Tell what is done only for the sake of other changes."""
    return isinstance(step, Close) or (
        isinstance(step, Create) and step.why == REOPENED
    )


def _is_of_chunks(step: Step) -> bool:
    """Tell a step that changes what chunks are copied by, or into."""
    is_routine = isinstance(step, Create | Drop) and step.kind in ROUTINES
    return is_routine or isinstance(step, Change)


def _opened(steps: Iterable[Step], archive: str, version: int) -> Iterator[Step]:
    """Have the check created, changed or not."""
    opening = Create(
        kind="procedure", name=check_of(archive), version=version, why=REOPENED
    )
    for step in steps:
        if isinstance(step, Create) and step.name == opening.name:
            opening = step
        else:
            yield step
    yield Open(
        kind="procedure",
        name=opening.name,
        version=opening.version,
        why=opening.why,
        new_file=opening.new_file,
        archive=archive,
    )


def _register(objects: ArchiveObjects) -> Register:
    return Register(
        archive=objects.archive,
        shape=objects.shape,
        full_pass_hours=objects.full_pass_hours,
    )


def _key(generated: Generated) -> Object:
    return generated.kind, generated.name
