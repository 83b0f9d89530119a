"""The independent judge of the sample's archive: history is the source, or isn't.

It reads both by plain SELECTs and compares them in Python, byte for byte; it shares
nothing with the procedures that it judges.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from pymysql import Connection
from pymysql.cursors import Cursor

_MAX_EXAMPLES = 10
_MAX_VALUE_LENGTH = 60

# Bounds memory: some 30,000 rows of one relation, twice.
_ORDERS_PER_READ = 5_000

# The range of a BIGINT, so that no key lies outside of what is read.
_LEAST_ID = -(2**63)
_GREATEST_ID = 2**63 - 1

# A column of these types is compared by its number too: an ENUM's text doesn't tell ''
# from the error value, and a FLOAT's has six digits.
_NUMBERED_TYPES = ("enum", "set", "float")

# As the server sent it: no character set, no conversion.
_Row = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a history compares with its source, counted in rows of all relations."""

    finished: int
    missing: int
    different: int
    surplus: int
    rows: int
    examples: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Tell whether history is the finished orders: no less, no more, no other."""
        return not (self.missing or self.different or self.surplus)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relation:
    """A table, and how its rows `r` are reached from the finished orders `o`."""

    table: str
    key: tuple[str, ...]
    joined: str
    without: tuple[str, ...] = ()
    root: str = "history_root_id"


_ITEMS = "JOIN {source}.order_items AS i ON i.order_id = o.id"

_RELATIONS = (
    _Relation(
        table="orders",
        key=(),
        joined="JOIN {source}.orders AS r ON r.id = o.id",
        root="id",
    ),
    _Relation(
        table="order_items",
        key=("id",),
        joined="JOIN {source}.order_items AS r ON r.order_id = o.id",
    ),
    _Relation(
        table="batches",
        key=("order_item_id", "lot"),
        joined=_ITEMS + " JOIN {source}.batches AS r ON r.order_item_id = i.id",
    ),
    _Relation(
        table="customers",
        key=("id",),
        joined="JOIN {source}.customers AS r ON r.id = o.customer_id",
    ),
    _Relation(
        table="products",
        key=("id",),
        joined=_ITEMS + " JOIN {source}.products AS r ON r.id = i.product_id",
        without=("stock",),
    ),
    _Relation(
        table="notes",
        key=("id",),
        joined=(
            "JOIN {source}.notes AS r"
            " ON r.subject_type = 'order' AND r.subject_id = o.id"
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How one relation is read on both sides; a range of order ids ends each query."""

    table: str
    key_length: int
    columns: tuple[str, ...]
    absent: tuple[str, ...]
    source_query: str
    history_query: str


@dataclass(slots=True, kw_only=True)
class _Tally:
    missing: int = 0
    different: int = 0
    surplus: int = 0
    rows: int = 0
    examples: list[str] = field(default_factory=list)

    def tell(self, plan: _Plan, key: _Row, finding: str) -> None:
        if len(self.examples) < _MAX_EXAMPLES:
            root, version, *own = key
            names = plan.columns[2 : plan.key_length]
            row = [f"{n}={_shown(v)}" for n, v in zip(names, own, strict=True)]
            if version != b"1":
                row.append(f"version {_shown(version)}")
            place = f"{plan.table} of order {_shown(root)}:"
            self.examples.append(" ".join([place, *row, finding]))


def compare(connection: Connection, source: str, history: str) -> Verdict:
    """Compare finished orders and their relations with history, every column.

    All is read in one snapshot, in a transaction of the function's own; one that the
    caller has open is an error (1568).
    """
    tally = _Tally()
    with _snapshot(connection) as cursor:
        finished = _ids(
            cursor,
            f"SELECT o.id FROM {_finished_orders(source)}",  # noqa: S608 - quoted
        )
        kept = _ids(
            cursor,
            f"SELECT h.id FROM {_quoted(history)}.orders_history AS h",  # noqa: S608 - quoted
        )
        ranges = _ranges(finished | kept)
        for relation in _RELATIONS:
            plan = _plan(cursor, relation, source, history)
            for start, end in ranges:
                among = f"BETWEEN {start} AND {end}"
                _judge(
                    tally,
                    plan,
                    _rows(cursor, f"{plan.source_query} {among}"),
                    _rows(cursor, f"{plan.history_query} {among}"),
                )
    return Verdict(
        finished=len(finished),
        missing=tally.missing,
        different=tally.different,
        surplus=tally.surplus,
        rows=tally.rows,
        examples=tuple(tally.examples),
    )


@contextmanager
def _snapshot(connection: Connection) -> Iterator[Cursor]:
    """Give a cursor that reads raw bytes in one snapshot, and put the session back."""
    setting = "SET character_set_results = %s, time_zone = %s"
    decoding = connection.use_unicode, connection.decoders
    with connection.cursor(Cursor) as cursor:
        cursor.execute("SELECT @@character_set_results, @@time_zone")
        before = cursor.fetchone()
        # Refused inside a transaction, which has a snapshot of its own.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            cursor.execute(setting, (None, "+00:00"))
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            connection.use_unicode, connection.decoders = False, {}
            yield cursor
        finally:
            connection.use_unicode, connection.decoders = decoding
            connection.rollback()
            cursor.execute(setting, before)


def _plan(cursor: Cursor, relation: _Relation, source: str, history: str) -> _Plan:
    """Read the source's columns, and write the two queries: the key, then the rest."""
    table, kept_table = relation.table, f"{relation.table}_history"
    types = _column_types(cursor, source, table)
    kept = _column_types(cursor, history, kept_table)
    rest = [
        name
        for name in types
        if name not in (*relation.key, *relation.without)
        # Compared as the first part of the key.
        and name != relation.root
    ]
    names = [*relation.key, *(name for name in rest if name in kept)]
    numbered = [name for name in names if types[name] in _NUMBERED_TYPES]
    selected = "".join(
        [f", r.{_quoted(name)}" for name in names]
        + [f", r.{_quoted(name)} + 0" for name in numbered]
    )
    joined = relation.joined.format(source=_quoted(source))
    return _Plan(
        table=table,
        key_length=2 + len(relation.key),
        columns=(
            relation.root,
            "history_version",
            *names,
            *(f"{name} + 0" for name in numbered),
        ),
        absent=tuple(name for name in rest if name not in kept),
        source_query=(
            f"SELECT o.id, 1{selected} FROM {_finished_orders(source, joined)}"  # noqa: S608 - quoted
            " AND o.id"
        ),
        history_query=(
            f"SELECT r.{relation.root}, r.history_version{selected}"  # noqa: S608 - quoted
            f" FROM {_quoted(history)}.{kept_table} AS r WHERE r.{relation.root}"
        ),
    )


def _finished_orders(source: str, joined: str = "") -> str:
    return (
        f"{_quoted(source)}.orders AS o {joined}"
        " WHERE o.status IN ('uncollected', 'cancelled', 'dispensed')"
    )


def _judge(
    tally: _Tally, plan: _Plan, source: Iterable[_Row], history: Sequence[_Row]
) -> None:
    """Count how the rows of one range differ."""
    # A row that an order reaches twice, as a product can be, is one row.
    expected = {row[: plan.key_length]: row for row in source}
    tally.rows += len(expected)
    # Nearly always all there is to do. By length too: a dict hides a row kept twice.
    found = {row[: plan.key_length]: row for row in history}
    if len(found) == len(history) and found == expected and not plan.absent:
        return

    copies = defaultdict(list)
    for row in history:
        copies[row[: plan.key_length]].append(row)
    for key, row in expected.items():
        if key not in copies:
            tally.missing += 1
            tally.tell(plan, key, "is missing")
        elif plan.absent:
            tally.different += 1
            tally.tell(plan, key, f"has no column {', '.join(plan.absent)} in history")
        elif row not in copies[key]:
            tally.different += 1
            tally.tell(plan, key, _difference(plan, row, copies[key][0]))
    for key, rows in copies.items():
        surplus = len(rows) - (key in expected)
        if surplus:
            tally.surplus += surplus
            tally.tell(plan, key, f"is in history, {surplus} more than in source")


def _difference(plan: _Plan, row: _Row, copy: _Row) -> str:
    """Name the first column that differs, and both of its values."""
    name, value, other = next(
        different
        for different in zip(plan.columns, row, copy, strict=True)
        if different[1] != different[2]
    )
    return f"column {name}: source {_shown(value)}, history {_shown(other)}"


def _ranges(ids: set[int]) -> list[tuple[int, int]]:
    """Divide all keys there can be into ranges that hold a bounded number of `ids`."""
    starts = sorted(ids)[_ORDERS_PER_READ::_ORDERS_PER_READ]
    bounds = (_LEAST_ID, *starts, _GREATEST_ID + 1)
    return [(start, after - 1) for start, after in pairwise(bounds)]


def _ids(cursor: Cursor, query: str) -> set[int]:
    cursor.execute(query)
    return {int(row[0]) for row in cursor}


def _rows(cursor: Cursor, query: str) -> tuple[_Row, ...]:
    cursor.execute(query)
    return cursor.fetchall()


def _column_types(cursor: Cursor, schema: str, table: str) -> dict[str, str]:
    cursor.execute(
        "SELECT c.column_name, c.data_type FROM information_schema.columns AS c"
        " WHERE c.table_schema = %s AND c.table_name = %s"
        " ORDER BY c.ordinal_position",
        (schema, table),
    )
    return {name.decode(): data_type.decode() for name, data_type in cursor}


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _shown(value: bytes | None) -> str:
    """Show a value as it is, or quoted where blanks or control characters hide."""
    if value is None:
        return "NULL"
    text = value.decode(errors="backslashreplace")
    if not text.isprintable() or text != text.strip() or text in ("", "NULL"):
        text = repr(text)
    if len(text) > _MAX_VALUE_LENGTH:
        text = text[:_MAX_VALUE_LENGTH] + "…"
    return text
