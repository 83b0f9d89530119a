"""What all templates of an archive are filled in with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import INTEGERS
from bygones.compiler.aggregate.resolving import root_columns
from bygones.compiler.names import SUFFIX
from bygones.compiler.sql.columns import as_in_source, encoded, is_noted_once, type_of
from bygones.compiler.sql.comparing import compared
from bygones.compiler.sql.folding import fold, gather
from bygones.compiler.sql.identifiers import name, suffixes
from bygones.compiler.sql.keys import Key, follows
from bygones.compiler.sql.members import MemberView
from bygones.compiler.sql.moments import Moment
from bygones.compiler.sql.objects import Generated
from bygones.compiler.sql.reach import Reach
from bygones.compiler.sql.rendering import TEMPLATES, call, fill
from bygones.compiler.sql.waiting import Numbered, Texts
from bygones.compiler.sql.weighing import Weighing

if TYPE_CHECKING:
    from bygones.compiler.aggregate.conditions import Reference
    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.definitions import Kind
    from bygones.compiler.sql.comparing import Compared, Since
    from bygones.compiler.sql.reach import From

Named = Callable[[str], str]
Listed = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every template of an archive may use, by these names."""

    # Names, as archives.toml has them; all but the second schema are quoted for SQL.
    archive: str
    history: str
    history_schema: str
    source: str
    # Of columns and relations, the one that CALLs copy now.
    shape: int

    root: MemberView
    relations: Sequence[MemberView]
    # The root first.
    compared: Sequence[Compared]

    # What is due: of a row of the source, by its alias.
    finished: Named
    settled: bool
    settled_days: int
    settled_parameters: Sequence[str]
    settled_argument: Listed
    changed_at: Moment | None
    # Some column may hold megabytes: bytes are counted.
    is_heavy: bool
    waiting: Numbered | Texts

    # The root's key: at the source, as history names it beside relations, and as it
    # stands in the root's own history table.
    keys: Sequence[Key]
    root_columns: Sequence[str]
    kept_keys: Sequence[str]
    # As the source's type has it, of a row of history (`h`).
    last_key: Sequence[str]
    # Where the roots of a chunk are read from.
    chunk_from: From

    # Keys in variables and parameters, by their prefix; of rows, by their alias.
    key_parameters: Callable[[str, str], list[str]]
    variables: Listed
    after: Callable[[str, str], str]
    upto: Callable[[str, str], str]
    after_variables: Callable[[str, str], str]
    columns_of: Listed
    root_columns_of: Listed
    kept_keys_of: Listed
    kept_between: Callable[[str, str, str], str]
    match: Callable[[str, str], str]
    # A key as text.
    encode: Named
    encode_root: Named
    encoded_variables: Named

    # Lists, on as few lines as they take.
    parameters: Callable[[list[str]], str]
    fill: Callable[..., str]
    call: Callable[[str, Sequence[str], int], str]


class Writer:
    """Fills in the templates of one archive."""

    def __init__(self, aggregate: Aggregate, source: str, since: Since) -> None:
        """Take what is archived, the source's name in archives.toml, and shapes."""
        self.aggregate = aggregate
        self.source = source
        self.since = since
        self.reach = Reach(aggregate, source)
        self.weighing = Weighing(aggregate, source)
        self.root_columns = [name(column) for column in root_columns(aggregate.root)]

    def render(self, template: str, **values: object) -> str:
        """Fill in a template."""
        return TEMPLATES.get_template(template).render(
            {each.name: getattr(self.common, each.name) for each in fields(Common)}
            | values
        )

    @cached_property
    def common(self) -> Common:
        """What every template of this archive may use."""
        aggregate, settled = self.aggregate, self.aggregate.settled is not None
        key = aggregate.root.key_columns
        return Common(
            archive=aggregate.name,
            history=name(self.source + SUFFIX),
            history_schema=self.source + SUFFIX,
            source=name(self.source),
            shape=self.since.shape,
            root=MemberView(self, aggregate.root, self.reach),
            relations=[
                MemberView(self, relation, self.reach)
                for relation in aggregate.relations
            ],
            compared=list(compared(self, aggregate, self.since)),
            finished=self.finished,
            settled=settled,
            settled_days=aggregate.settled_days,
            settled_parameters=["IN in_settled_before DATETIME(6)"] * settled,
            settled_argument=lambda prefix: [f"{prefix}_settled_before"] * settled,
            changed_at=Moment(aggregate.changed_at) if aggregate.changed_at else None,
            is_heavy=self.weighing.is_heavy,
            waiting=self._waiting,
            keys=self.keys,
            root_columns=self.root_columns,
            kept_keys=[each.column for each in self.kept_keys],
            last_key=[as_in_source(kept, f"h.{name(kept.name)}") for kept in key],
            chunk_from=self.reach.chunk(),
            key_parameters=self.key_parameters,
            variables=self.variables,
            after=self.after,
            upto=self.upto,
            after_variables=self.after_variables,
            columns_of=lambda alias: [f"{alias}.{each.column}" for each in self.keys],
            root_columns_of=self._root_columns_of,
            kept_keys_of=self._kept_keys_of,
            kept_between=self._kept_between,
            match=self.reach.root_match,
            encode=self._encode,
            encode_root=lambda alias: self.encoded_history(
                self._root_columns_of(alias)
            ),
            encoded_variables=lambda prefix: self.encoded(self.variables(prefix)),
            parameters=",\n    ".join,
            fill=fill,
            call=call,
        )

    def _root_columns_of(self, alias: str) -> list[str]:
        return [f"{alias}.{column}" for column in self.root_columns]

    def _kept_keys_of(self, alias: str) -> list[str]:
        return [f"{alias}.{key.column}" for key in self.kept_keys]

    def _kept_between(self, alias: str, after: str, upto: str) -> str:
        """Write that a row of history lies between two keys; NULL is open-ended."""
        columns = self._kept_keys_of(alias)
        lower, upper = self.variables(after), self.variables(upto)
        return (
            f"({lower[0]} IS NULL OR {follows(columns, lower, '>')})\n"
            f"AND ({upper[0]} IS NULL OR {follows(columns, upper, '<')})"
        )

    @cached_property
    def keys(self) -> list[Key]:
        """The columns of the root's key."""
        key = self.aggregate.root.key_columns
        names = suffixes((kept.column.name for kept in key), "key")
        return [
            Key(name(kept.column.name), suffix, type_of(kept.column), kept.column, n)
            for n, (kept, suffix) in enumerate(zip(key, names, strict=True))
        ]

    @cached_property
    def kept_keys(self) -> list[Key]:
        """The same columns as history has them."""
        return [
            Key(name(kept.name), key.suffix, type_of(kept.stored), kept.stored, n)
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
        return follows(columns, self.variables(prefix), ">")

    def upto(self, alias: str, prefix: str) -> str:
        """Write that a row comes up to a key."""
        columns = [f"{alias}.{key.column}" for key in self.keys]
        return follows(columns, self.variables(prefix), "<")

    def after_variables(self, ours: str, theirs: str) -> str:
        """Write that one key in variables comes after another."""
        return follows(self.variables(ours), self.variables(theirs), ">", strictly=True)

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

    def procedure(self, procedure: str, template: str, **values: object) -> Generated:
        """Write a procedure from its template."""
        return self.generated("procedure", procedure, template, **values)

    def generated(
        self, kind: Kind, object_name: str, template: str, **values: object
    ) -> Generated:
        """Write an object from its template."""
        text = self.render(template, **values)
        return Generated(kind=kind, name=object_name, text=fold(gather(text)))
