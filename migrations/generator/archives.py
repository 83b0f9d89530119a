"""Write the SQL of an archive: one object, one text, from one template each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from migrations.aggregate.keys import (
    EXACT_NUMBERS,
    INTEGERS,
    MOMENTS,
    PRIMARY,
    TEXTS,
    unique_key,
)
from migrations.aggregate.model import CHUNK, ORDINAL, VERSION
from migrations.aggregate.resolving import root_columns
from migrations.catalog.knowing import written
from migrations.catalog.model import Table
from migrations.catalog.traits import traits_of
from migrations.generator.columns import (
    as_in_source,
    decoded,
    encoded,
    equality,
    is_noted_once,
    type_of,
)
from migrations.generator.comparing import compared
from migrations.generator.folding import WIDTH, fold, indent
from migrations.generator.identifiers import manual, name, suffixes
from migrations.generator.members import MemberView
from migrations.generator.reach import Reach
from migrations.generator.waiting import Numbered, Texts
from migrations.generator.weighing import Weighing
from migrations.names import SUFFIX, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migrations.aggregate.conditions import Reference
    from migrations.aggregate.history import HistoryColumn, HistoryTable, Planned
    from migrations.aggregate.model import Member, Relation
    from migrations.catalog.model import Column
    from migrations.catalog.traits import Trait
    from migrations.definitions import Kind
    from migrations.generator.comparing import Since

UTF8 = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

# Columns in which two roots differ, if they do.
TELLING = EXACT_NUMBERS | TEXTS | MOMENTS

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=False,  # noqa: S701 - SQL; the filters `name` and `literal` quote
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters |= {
    "name": name,
    "literal": literal,
    "indent": indent,
    "manual": manual,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """One object of an archive: the whole text of its file."""

    kind: Kind
    name: str
    text: str
    # Of a table that is there: what makes it so, and what takes that back.
    alteration: str | None = None
    reversal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveObjects:
    """All objects of one archive, of one shape."""

    archive: str
    shape: int
    full_pass_hours: int
    objects: tuple[Generated, ...]
    # What a person should know before upgrading.
    warnings: tuple[str, ...] = ()


def write_archive(
    planned: Planned, *, source: str, since: Since, is_mariadb: bool
) -> ArchiveObjects:
    """Write all objects of an archive, in the names of archives.toml."""
    aggregate, shape = planned.aggregate, since.shape
    writer = _Writer(planned, source, since, is_mariadb=is_mariadb)
    objects = (
        *writer.tables(),
        *writer.procedures(),
        *writer.triggers(),
        writer.event(),
    )
    return ArchiveObjects(
        archive=aggregate.name,
        shape=shape,
        full_pass_hours=aggregate.archive.full_pass_hours,
        objects=tuple(sorted(objects, key=lambda each: (each.kind, each.name))),
        warnings=(*_rebuilds(planned), *_splits(planned), *planned.questions),
    )


def _rebuilds(planned: Planned) -> Iterator[str]:
    for table in planned.tables:
        rebuilt = [change for change in table.changes if change.way == "COPY"]
        if rebuilt:
            columns = ", ".join(change.column.name for change in rebuilt)
            yield (
                f"{table.member.history} will be written anew, about {table.rows:,} "
                f"rows, for the type of {columns} can't be changed in place; chunks "
                "wait meanwhile, and nobody else"
            )


def _splits(planned: Planned) -> Iterator[str]:
    for table in planned.tables:
        for change in table.changes:
            if change.beside:
                old, new = change.beside, change.column
                yield (
                    f"{table.member.history}: no type holds both {old.type} and "
                    f"{new.definition.type}, so {old.name} stays as it is, and is NULL "
                    f"in new rows, whose values go to {new.name}: who reads the one "
                    "has to read both"
                )


def fill(items: Sequence[str], margin: int, sign: str = ",") -> str:
    """Put a list on as few lines as it takes; the first one starts at the margin."""
    lines = [""]
    for number, item in enumerate(items):
        piece = item if number == len(items) - 1 else item + sign
        if lines[-1] and margin + len(lines[-1]) + 1 + len(piece) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + piece
    return ("\n" + " " * margin).join(lines)


def call(procedure: str, arguments: Sequence[str], margin: int) -> str:
    """Call a procedure on one line, where that holds it."""
    line = f"CALL {name(procedure)}({', '.join(arguments)})"
    if margin + len(line) < WIDTH:
        return line
    inside = margin + 4
    indented = " " * inside + fill(arguments, inside)
    return f"CALL {name(procedure)}(\n{indented}\n{' ' * margin})"


@dataclass(frozen=True, slots=True)
class _Key:
    """A column of the root's key, and what is written of it."""

    column: str
    suffix: str
    type: str
    definition: Column
    place: int

    def decoded(self, key: str) -> str:
        """Write the column's value in an encoded key."""
        return decoded(self.definition, self.place, key)


# The steps of a chunk that every archive has, and their templates.
CHUNK_STEPS = (
    ("_advance_in_{}", "advance.sql.j2"),
    ("_bound_{}", "bound.sql.j2"),
    ("_choose_{}", "choose.sql.j2"),
    ("_choose_new_{}", "choose_new.sql.j2"),
    ("_choose_waiting_{}", "choose_waiting.sql.j2"),
    ("_compare_{}_chunk", "compare_chunk.sql.j2"),
    ("_count_due_{}", "count_due.sql.j2"),
    ("_fill_{}_chunk", "fill_chunk.sql.j2"),
    ("_find_new_{}", "find_new.sql.j2"),
    ("_fit_{}", "fit.sql.j2"),
    ("_forget_waiting_{}", "forget_waiting.sql.j2"),
    ("_find_work_in_{}", "find_work.sql.j2"),
    ("_mark_{}_lanes", "mark_lanes.sql.j2"),
    ("_name_first_{}", "name_first.sql.j2"),
    ("_note_{}", "note.sql.j2"),
    ("_step_back_{}", "step_back.sql.j2"),
    ("_uninstall_{}", "uninstall.sql.j2"),
    ("_update_waiting_{}", "update_waiting.sql.j2"),
    ("_scan_{}", "scan.sql.j2"),
    ("_work_in_{}", "work_in.sql.j2"),
    ("split_{}", "split.sql.j2"),
)

EPOCH = "TIMESTAMP '1970-01-01 00:00:00'"


class _Moment:
    """A column that holds a time, read as seconds since 1970 and compared with them."""

    def __init__(self, column: Column) -> None:
        self.name = name(column.name)
        self.is_instant = column.data_type == "timestamp"

    def seconds(self, value: str) -> str:
        """Write a value of it as seconds."""
        if self.is_instant:
            return f"UNIX_TIMESTAMP({value})"
        return f"TIMESTAMPDIFF(MICROSECOND, {EPOCH}, {value}) * 0.000001"

    def moment(self, seconds: str) -> str:
        """Write seconds as a value to compare it with."""
        if self.is_instant:
            return f"FROM_UNIXTIME({seconds})"
        return f"{EPOCH} + INTERVAL 1000000 * {seconds} MICROSECOND"


class _Writer:
    """Writes the objects of one archive."""

    def __init__(
        self, planned: Planned, source: str, since: Since, *, is_mariadb: bool
    ) -> None:
        aggregate = planned.aggregate
        self.planned = planned
        self.aggregate = aggregate
        self.source = source
        self.since = since
        self.is_mariadb = is_mariadb
        self.reach = Reach(aggregate, source)
        self.weighing = Weighing(aggregate, source)
        self.root_columns = [name(column) for column in root_columns(aggregate.root)]

    def render(self, template: str, **values: object) -> str:
        """Fill in a template."""
        return TEMPLATES.get_template(template).render(self._common | values)

    @cached_property
    def _common(self) -> dict[str, Any]:
        settled = self.aggregate.settled is not None
        return {
            "archive": self.aggregate.name,
            "history": name(self.source + SUFFIX),
            "history_schema": self.source + SUFFIX,
            "source": name(self.source),
            "shape": self.since.shape,
            "root": MemberView(self, self.aggregate.root, self.reach),
            "relations": [
                MemberView(self, relation, self.reach)
                for relation in self.aggregate.relations
            ],
            "compared": list(compared(self, self.aggregate, self.since)),
            "keys": self.keys,
            "settled": settled,
            "settled_days": self.aggregate.settled_days,
            "parameters": ",\n    ".join,
            "key_parameters": self.key_parameters,
            "settled_parameters": ["IN in_settled_before DATETIME(6)"] * settled,
            "settled_argument": lambda prefix: (
                [f"{prefix}_settled_before"] if settled else []
            ),
            "fill": fill,
            "call": call,
            "after": self.after,
            "upto": self.upto,
            "after_variables": self.after_variables,
            "variables": self.variables,
            "columns_of": lambda alias: [f"{alias}.{key.column}" for key in self.keys],
            "root_columns_of": lambda alias: [
                f"{alias}.{column}" for column in self.root_columns
            ],
            "match": self.reach.root_match,
            "encode": self._encode,
            "last_key": [
                as_in_source(kept, f"h.{name(kept.name)}")
                for kept in self.aggregate.root.key_columns
            ],
            "chunk_from": self.reach.chunk(),
            "encode_root": lambda alias: self.encoded_history(
                [f"{alias}.{column}" for column in self.root_columns]
            ),
            "encoded_variables": lambda prefix: self.encoded(self.variables(prefix)),
            "is_heavy": self.weighing.is_heavy,
            "changed_at": _Moment(self.aggregate.changed_at)
            if self.aggregate.changed_at
            else None,
            "waiting": self._waiting,
            "finished": self.finished,
            **self._of_history(),
        }

    def _of_history(self) -> dict[str, Any]:
        """Say what templates write of keys as history has them."""
        columns = [key.column for key in self.kept_keys]

        def columns_of(alias: str) -> list[str]:
            return [f"{alias}.{column}" for column in columns]

        def above(alias: str, prefix: str) -> str:
            after = _after(columns_of(alias), self.variables(prefix), ">")
            return f"({self.variables(prefix)[0]} IS NULL OR {after})"

        return {
            "root_columns": self.root_columns,
            "kept_keys": columns,
            "kept_keys_of": columns_of,
            "kept_between": lambda alias, after, upto: (
                f"{above(alias, after)}\nAND ({self.variables(upto)[0]} IS NULL OR "
                f"{_after(columns_of(alias), self.variables(upto), '<')})"
            ),
        }

    @cached_property
    def keys(self) -> list[_Key]:
        """The columns of the root's key."""
        key = self.aggregate.root.key_columns
        names = suffixes((kept.column.name for kept in key), "key")
        return [
            _Key(name(kept.column.name), suffix, type_of(kept.column), kept.column, n)
            for n, (kept, suffix) in enumerate(zip(key, names, strict=True))
        ]

    @cached_property
    def kept_keys(self) -> list[_Key]:
        """The same columns as history has them."""
        return [
            _Key(name(kept.name), key.suffix, type_of(kept.stored), kept.stored, n)
            for n, (kept, key) in enumerate(
                zip(self.aggregate.root.key_columns, self.keys, strict=True)
            )
        ]

    def variables(self, prefix: str) -> list[str]:
        """Name the variables that hold a root's key."""
        return [f"{prefix}_{key.suffix}" for key in self.keys]

    def key_parameters(self, direction: str, prefix: str) -> list[str]:
        """Declare the parameters that hold a root's key."""
        return [f"{direction} {prefix}_{key.suffix} {key.type}" for key in self.keys]

    def after(self, alias: str, prefix: str) -> str:
        """Write that a row comes after a key, in the order of the key."""
        columns = [f"{alias}.{key.column}" for key in self.keys]
        return _after(columns, self.variables(prefix), ">")

    def upto(self, alias: str, prefix: str) -> str:
        """Write that a row comes up to a key."""
        columns = [f"{alias}.{key.column}" for key in self.keys]
        return _after(columns, self.variables(prefix), "<")

    def after_variables(self, ours: str, theirs: str) -> str:
        """Write that one key in variables comes after another."""
        return _after(self.variables(ours), self.variables(theirs), ">", strictly=True)

    def encoded(self, values: Sequence[str]) -> str:
        """Write a root's key as text."""
        return encoded([key.definition for key in self.keys], values)

    def encoded_history(self, values: Sequence[str]) -> str:
        """Write the same of a root's key in history, whose type may be a wider one."""
        key = self.aggregate.root.key_columns
        return self.encoded(
            [as_in_source(kept, value) for kept, value in zip(key, values, strict=True)]
        )

    @cached_property
    def _waiting(self) -> Numbered | Texts:
        """Say how what waits is known: by its number, where the key is one integer."""
        if [key.definition.data_type in INTEGERS for key in self.keys] == [True]:
            return Numbered(self.keys[0].column, self.keys[0].definition)
        return Texts(
            keys=[(key.column, key.decoded) for key in self.keys],
            encode=self._encode,
            is_noted_once=all(is_noted_once(key.definition) for key in self.keys),
        )

    def _encode(self, alias: str) -> str:
        """Write the root's key as text, of a row of history (`h`) or of the source."""
        values = self.reach.root_key(alias)
        return self.encoded_history(values) if alias == "h" else self.encoded(values)

    def finished(self, alias: str) -> str:
        """Write that a root is finished, and at rest where that is declared."""

        def write(reference: Reference) -> str:
            return f"{alias}.{name(reference.column)}"

        terms = self.aggregate.finished.terms()
        written = [term.sql(write) for term in terms]
        if len(terms) == 1 and self.aggregate.finished.is_open():
            written = [f"({written[0]})"]
        settled = self.aggregate.settled
        if settled:
            column = f"{alias}.{name(settled.name)}"
            before = "in_settled_before"
            if settled.data_type == "timestamp":
                # By the instant, whatever the caller's time zone.
                column = f"UNIX_TIMESTAMP({column})"
                before = f"TIMESTAMPDIFF(SECOND, '1970-01-01', {before})"
            written.append(f"{column} < {before}")
        return "\nAND ".join(written)

    def tables(self) -> Iterator[Generated]:
        """Write the history tables, and what changes those that are there."""
        for table in self.planned.tables:
            member = table.member
            text = self.render(
                "table.sql.j2",
                table={
                    "name": member.history,
                    "lines": list(self._lines(table)),
                    "is_encrypted": member.table.is_encrypted,
                    "comment": self._table_comment(member),
                },
            )
            changed = bool(table.changes)
            yield Generated(
                kind="table",
                name=member.history,
                text=fold(text),
                alteration=self._alteration(table) if changed else None,
                reversal=self._reversal(table) if changed else None,
            )

    def _lines(self, table: HistoryTable) -> Iterator[str]:
        for column in table.columns:
            yield _definition(column)
        yield f"PRIMARY KEY ({', '.join(map(name, table.primary_key))})"
        if table.member.name == self.aggregate.root.name:
            yield f"KEY {name(f'{table.member.name}_history_chunk_ix')} ({CHUNK})"

    def _alteration(self, table: HistoryTable) -> str:
        """Write what makes the table of what is there: a statement for each way."""
        return self._statements(
            table,
            [
                (change.way, _change(change.column, change.before))
                for change in table.changes
            ],
        )

    def _reversal(self, table: HistoryTable) -> str:
        """Write what takes the changes back; it fails where that would lose a value."""
        clauses: list[tuple[str, str]] = []
        for change in reversed(table.changes):
            if change.before is None:
                drop = f"DROP COLUMN {name(change.column.name)}"
                clauses.append(("INSTANT", drop))
            else:
                clauses.append(("COPY", _change(change.before, change.column)))
        return self._statements(table, clauses)

    def _statements(
        self, table: HistoryTable, clauses: Sequence[tuple[str, str]]
    ) -> str:
        ways = dict.fromkeys(way for way, _ in clauses)
        statements = [
            self.render(
                "alteration.sql.j2",
                table=table,
                way=way,
                clauses=[clause for each, clause in clauses if each == way],
            )
            for way in ways
        ]
        return fold("\n".join(statements))

    def _table_comment(self, member: Member) -> str:
        root = self.aggregate.root.name
        if member.name == root:
            return f"The {root} that are history, as they were when they were copied."
        what = f"The {member.name} of the {root} in history"
        if self.aggregate.relation(member.name).is_parent:
            return f"{what}, once per root, as they were."
        return f"{what}."

    def procedures(self) -> Iterator[Generated]:
        """Write the procedures."""
        archive = self.aggregate.name
        yield self._procedure(f"copy_{archive}_chunk", "copy_chunk.sql.j2")
        yield self._generated(
            "function", f"_copy_{archive}_at_once", "copy_at_once.sql.j2"
        )
        yield self._procedure(
            f"_check_{archive}_source", "check_source.sql.j2", **self._checked()
        )
        yield self._procedure(
            f"_fence_{archive}", "fence.sql.j2", fenced=list(self._fenced())
        )
        yield self._procedure(
            f"_check_{archive}_keys", "check_keys.sql.j2", **self._telling()
        )
        weighed = {"counted_bytes": self.weighing.large_bytes()}
        for pattern, template in CHUNK_STEPS:
            yield self._procedure(pattern.format(archive), template)
        if self.aggregate.changed_at:
            yield self._procedure(f"_note_changed_{archive}", "note_changed.sql.j2")
        if self.weighing.is_heavy:
            yield self._procedure(
                f"_count_bytes_{archive}", "count_bytes.sql.j2", **weighed
            )
            yield self._procedure(
                f"_bytes_waiting_{archive}", "bytes_waiting.sql.j2", **weighed
            )
        root = self.aggregate.root
        kept = root.kept
        inserted = {
            "columns": [*(name(each.name) for each in kept), VERSION, CHUNK],
            "values": [
                *(f"s.{name(each.column.name)}" for each in kept),
                "1",
                "in_chunk_id",
            ],
        }
        yield self._procedure(f"_copy_{root.name}", "copy_roots.sql.j2", **inserted)
        yield self._procedure(f"_copy_new_{archive}", "copy_new.sql.j2", **inserted)
        yield self._procedure(
            f"_copy_waiting_{archive}", "copy_waiting.sql.j2", **inserted
        )
        for member in self._common["compared"]:
            yield self._procedure(
                f"_compare_{member.name}", "compare_member.sql.j2", member=member
            )
        for relation in self.aggregate.relations:
            yield self._copy(relation)
        yield from self._verifying()

    def _verifying(self) -> Iterator[Generated]:
        """Write the procedures that compare history with the source of today."""
        archive = self.aggregate.name
        yield self._procedure(f"verify_{archive}_chunk", "verify_chunk.sql.j2")
        yield self._procedure(f"_verify_{archive}_history", "verify_history.sql.j2")
        yield self._generated(
            "function", f"_verify_{archive}_at_once", "verify_at_once.sql.j2"
        )
        yield self._procedure(f"_find_missing_{archive}", "find_missing.sql.j2")

    def _copy(self, relation: Relation) -> Generated:
        clause = self.reach.copied_from(relation)
        root = list(clause.root)
        ordinal = (
            f"ROW_NUMBER() OVER (PARTITION BY {', '.join(root)} ORDER BY {root[0]})"
        )
        ordinals = [(ORDINAL, ordinal)] if relation.has_ordinal else []
        without = f" without {', '.join(relation.without)}" if relation.without else ""
        return self._procedure(
            f"_copy_{relation.name}",
            "copy_relation.sql.j2",
            relation=relation,
            comment=f"Copy the {relation.name} of a chunk's roots{without}.",
            **{"from": clause},
            columns=[
                *self.root_columns,
                VERSION,
                *(column for column, _ in ordinals),
                *(name(kept.name) for kept in relation.kept),
            ],
            values=[
                *root,
                clause.version,
                *(value for _, value in ordinals),
                *(f"s.{name(kept.column.name)}" for kept in relation.kept),
            ],
        )

    def _telling(self) -> dict[str, object]:
        """Say what tells one root from another that came under its key."""
        root = self.aggregate.root
        key = {column.lower() for column in root.key}
        (first, *others) = root.key_columns
        grows = not others and first.column.data_type in INTEGERS
        return {
            "growing_key": name(first.column.name) if grows else None,
            "growing_kept_key": name(first.name),
            "growing_column": literal(first.column.name),
            "root_table": literal(root.table.name),
            "kept_keys": [name(kept.name) for kept in root.key_columns],
            "telling": [
                (
                    f"h.{name(kept.name)}",
                    equality(
                        kept, f"h.{name(kept.name)}", f"s.{name(kept.column.name)}"
                    ),
                )
                for kept in root.kept
                if kept.column.data_type in TELLING
                and kept.column.name.lower() not in key
            ],
        }

    def _fenced(self) -> Iterator[str]:
        """Name the tables that a chunk reads and writes."""
        tables = {member.table.name: None for member in self.aggregate.members}
        for table in tables:
            yield f"{name(self.source)}.{name(table)}"
        for kept in self.planned.tables:
            yield name(kept.member.history)

    def _checked(self) -> dict[str, object]:
        """Say what each table is known as, at the source and in history."""
        source = self._known()
        return {
            "known": [
                fill(
                    written(
                        # Of several relations of a table, with the first.
                        source.pop(kept.member.table.name, ()),
                        traits_of(_as_table(kept), is_mariadb=self.is_mariadb),
                    ),
                    8,
                )
                for kept in self.planned.tables
            ]
        }

    def _known(self) -> dict[str, Iterable[Trait]]:
        """Say what each table of the source is known as."""
        tables: dict[str, Table] = {}
        used: dict[str, set[str]] = {}
        leading: dict[str, set[str]] = {}
        unique: dict[str, set[str]] = {}
        for member in self.aggregate.members:
            table = member.table
            tables.setdefault(table.name, table)
            kept = {kept.column.name for kept in member.kept}
            used.setdefault(table.name, set()).update(kept)
            leading.setdefault(table.name, set())
            unique.setdefault(table.name, set())
        for relation in self.aggregate.relations:
            leading[relation.table.name].update(
                path.leading for path in relation.paths if path.leading
            )
            key = None if relation.table.primary_key else unique_key(relation.table)
            if key:
                unique[relation.table.name].add(key.name)
            for path in relation.paths:
                if path.unique and path.unique != PRIMARY:
                    of = self.aggregate.relation(path.of).table
                    unique[of.name].add(path.unique)
        if self.aggregate.changed_at:
            changed_at = self.aggregate.changed_at.name
            leading[self.aggregate.root.table.name].add(changed_at)
        for read in self._read_columns():
            used[read[0]].add(read[1])
        return {
            table.name: traits_of(
                table,
                is_mariadb=self.is_mariadb,
                without={column.name for column in table.columns} - used[table.name],
                leading=leading[table.name],
                unique=unique[table.name],
            )
            for table in tables.values()
        }

    def _read_columns(self) -> Iterator[tuple[str, str]]:
        """List the columns that predicates read, with their tables."""
        tables = {member.name: member.table.name for member in self.aggregate.members}
        conditions = [
            self.aggregate.finished,
            *(
                path.condition
                for relation in self.aggregate.relations
                for path in relation.paths
            ),
        ]
        for condition in conditions:
            for reference in condition.references():
                yield tables[reference.member], reference.column
        for column in (self.aggregate.settled, self.aggregate.changed_at):
            if column:
                yield self.aggregate.root.table.name, column.name

    def triggers(self) -> Iterator[Generated]:
        """Write the triggers that refuse to change or delete history."""
        for member in self.aggregate.members:
            for event, verb in (("update", "changed"), ("delete", "deleted")):
                trigger = f"{member.history}_before_{event}"
                yield self._generated(
                    "trigger",
                    trigger,
                    "trigger.sql.j2",
                    trigger=trigger,
                    member=member,
                    event=event,
                    verb=verb,
                )

    def event(self) -> Generated:
        """Write the event by which the server's own scheduler copies."""
        name_ = f"copy_{self.aggregate.name}_event"
        return self._generated("event", name_, "event.sql.j2", event=name_)

    def _procedure(self, procedure: str, template: str, **values: object) -> Generated:
        return self._generated("procedure", procedure, template, **values)

    def _generated(
        self, kind: Kind, object_name: str, template: str, **values: object
    ) -> Generated:
        text = self.render(template, **values)
        return Generated(kind=kind, name=object_name, text=fold(text))


def _as_table(kept: HistoryTable) -> Table:
    """Say what a history table is, once the revision is through."""
    return Table(
        name=kept.member.history,
        engine="InnoDB",
        collation=None,
        columns=tuple(
            replace(
                column.definition,
                name=column.name,
                is_nullable=column.is_nullable,
                is_generated=False,
                is_invisible=False,
            )
            for column in kept.columns
        ),
        primary_key=kept.primary_key,
    )


def _change(column: HistoryColumn, before: HistoryColumn | None) -> str:
    word = "ADD" if before is None else "MODIFY"
    return f"{word} COLUMN {_definition(column)}"


def _definition(column: HistoryColumn) -> str:
    null = "NULL" if column.is_nullable else "NOT NULL"
    type_ = type_of(column.definition)
    # Its type begins with a comment.
    between = "\n" if column.definition.data_type == "json" else " "
    return f"{name(column.name)}{between}{type_} {null}"


def _after(
    ours: Sequence[str],
    theirs: Sequence[str],
    sign: str,
    *,
    strictly: bool | None = None,
) -> str:
    """Compare two keys in the order of the key.

    Expanded, for row constructors keep the server from using the key as a range.
    `<` is up to and including; `>` is beyond.
    """
    including = sign == "<" and not strictly
    terms = []
    for place, (left, right) in enumerate(zip(ours, theirs, strict=True)):
        is_last = place == len(ours) - 1
        equals = [
            f"{a} = {b}" for a, b in zip(ours[:place], theirs[:place], strict=True)
        ]
        last = f"{left} {sign}{'=' if including and is_last else ''} {right}"
        terms.append(" AND ".join([*equals, last]))
    if len(terms) == 1:
        return terms[0]
    first, *rest = terms
    lines = [f"    {first}", *(f"    OR ({term})" for term in rest)]
    return "\n".join(["(", *lines, ")"])
