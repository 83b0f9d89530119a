"""Every kind of change of a column, in a root, a relation, and one without a key.

Told by the next CALL before anything is copied; then a revision is written, and all
goes on: old rows are what they were, new ones are whole, and the way back loses none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from tests.support.migrations.shaping import DECLARED, TABLES
from tests.support.migrations.snapshot import checksums, snapshot
from tests.support.procedures import value

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing

MB4 = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
UNICODE = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
LATIN = "CHARACTER SET latin1 COLLATE latin1_swedish_ci"
MANY = ",".join(f"'v{number}'" for number in range(255))

OLD_ROOTS = 60
NEW_ROOTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of change: the column before and after it, and what history makes of it.

    `way` is how history's column changes, if it does; `kept` in which column the new
    values are, `converted` what is kept of them where history's type is another.
    """

    name: str
    before: str | None
    after: str | None
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    way: str | None = None
    kept: str | None = None
    converted: str | None = None

    def statement(self) -> str:
        if self.before is None:
            return f"ADD COLUMN {self.name} {self.after}"
        if self.after is None:
            return f"DROP COLUMN {self.name}"
        return f"MODIFY COLUMN {self.name} {self.after}"


WITHOUT_REBUILD = (
    Kind(
        name="added",
        before=None,
        after=f"VARCHAR(9) {MB4} NULL",
        new=("'ä'", "''", "NULL"),
        way="INSTANT",
    ),
    Kind(
        name="added_whole",
        before=None,
        after="INT NOT NULL DEFAULT 7",
        new=("8", "-1"),
        way="INSTANT",
    ),
    Kind(
        name="added_json", before=None, after="JSON NULL", new=("'[1]'",), way="INSTANT"
    ),
    Kind(name="dropped", before="INT NOT NULL", after=None, old=("1", "2")),
    Kind(
        name="longer",
        before=f"VARCHAR(9) {MB4} NULL",
        after=f"VARCHAR(60) {MB4} NULL",
        old=("'ab '", "REPEAT('😀', 9)"),
        new=("REPEAT('😀', 60)",),
        way="INPLACE",
    ),
    Kind(
        name="chosen",
        before="ENUM('a','b') NOT NULL",
        after="ENUM('a','b','c') NOT NULL",
        old=("'a'", "'b'"),
        new=("'c'", "'a'"),
        way="INSTANT",
    ),
    Kind(
        name="flags",
        before="SET('a','b') NULL",
        after="SET('a','b','c') NULL",
        old=("'a,b'", "''"),
        new=("'a,c'",),
        way="INSTANT",
    ),
    Kind(
        name="sorted",
        before=f"VARCHAR(9) {MB4} NULL",
        after=f"VARCHAR(9) {UNICODE} NULL",
        old=("'a'", "'A '"),
        new=("'á'",),
        way="INPLACE",
    ),
    Kind(
        name="needed", before="INT NULL", after="INT NOT NULL", old=("1",), new=("2",)
    ),
    Kind(
        name="optional",
        before="INT NOT NULL",
        after="INT NULL",
        old=("1",),
        new=("NULL", "2"),
    ),
)
REBUILT = (
    Kind(
        name="whole",
        before="INT NULL",
        after="BIGINT NULL",
        old=("-2147483648", "NULL"),
        new=("9223372036854775807",),
        way="COPY",
    ),
    Kind(
        name="signed",
        before="INT UNSIGNED NULL",
        after="INT NULL",
        old=("2147483647", "0"),
        new=("-1",),
        way="COPY",
    ),
    Kind(
        name="money",
        before="DECIMAL(10,2) NULL",
        after="DECIMAL(12,4) NULL",
        old=("99999999.99", "-0.01"),
        new=("0.0001",),
        way="COPY",
    ),
    Kind(
        name="beyond",
        before=f"VARCHAR(60) {MB4} NULL",
        after=f"VARCHAR(80) {MB4} NULL",
        old=("'ab '", "REPEAT('😀', 60)"),
        new=("REPEAT('😀', 80)",),
        way="COPY",
    ),
    Kind(
        name="letters",
        before=f"VARCHAR(9) {LATIN} NULL",
        after=f"VARCHAR(9) {MB4} NULL",
        old=("'é€'", "'ÿ '"),
        new=("'😀'",),
        way="COPY",
    ),
    Kind(
        name="filled",
        before=f"CHAR(4) {MB4} NULL",
        after=f"CHAR(8) {MB4} NULL",
        old=("'ab'",),
        new=("'abcdefgh'",),
        way="COPY",
    ),
    Kind(
        name="moment",
        before="DATETIME NULL",
        after="DATETIME(6) NULL",
        old=("'0000-00-00'", "'2024-02-29 23:59:59'"),
        new=("'2024-02-29 23:59:59.999999'",),
        way="COPY",
    ),
    Kind(
        name="day",
        before="DATE NULL",
        after="DATETIME NULL",
        old=("'0000-00-00'", "'2024-02-29'"),
        new=("'2024-02-29 23:59:59'",),
        way="COPY",
    ),
    Kind(
        name="instant",
        before="TIMESTAMP NULL",
        after="TIMESTAMP(3) NULL",
        old=("'2024-10-27 00:30:00'", "NULL"),
        new=("'2024-10-27 01:30:00.123'",),
        way="COPY",
    ),
    Kind(
        name="real_number",
        before="FLOAT NULL",
        after="DOUBLE NULL",
        old=("0.1", "16777216"),
        new=("0.1", "1e300"),
        way="COPY",
    ),
    Kind(
        name="inserted",
        before="ENUM('a','b') NULL",
        after="ENUM('a','x','b') NULL",
        old=("'a'", "'b'"),
        new=("'x'", "'b'"),
        way="COPY",
    ),
    Kind(
        name="reordered",
        before="ENUM('a','b') NULL",
        after="ENUM('b','a') NULL",
        old=("'a'", "'b'"),
        new=("'a'", "'b'"),
        way="COPY",
    ),
    Kind(
        name="removed",
        before="ENUM('a','b','c') NULL",
        after="ENUM('a','c') NULL",
        old=("'a'", "'c'"),
        new=("'c'",),
        way="COPY",
    ),
    Kind(
        name="many",
        before=f"ENUM({MANY}) NULL",
        after=f"ENUM({MANY},'w') NULL",
        old=("'v254'",),
        new=("'w'",),
        way="COPY",
    ),
    Kind(
        name="bits",
        before="BIT(8) NULL",
        after="BIT(12) NULL",
        old=("255",),
        new=("4095",),
        way="COPY",
    ),
    Kind(
        name="tale",
        before=f"TEXT {MB4} NULL",
        after=f"MEDIUMTEXT {MB4} NULL",
        old=("'ab '",),
        new=("REPEAT('😀', 17000)",),
        way="COPY",
    ),
    Kind(
        name="binary_text",
        before="BINARY(2) NULL",
        after="VARBINARY(4) NULL",
        old=("X'FF00'",),
        new=("X'00'", "X'01020304'"),
        way="COPY",
    ),
)
NARROWED = (
    Kind(
        name="whole",
        before="BIGINT NULL",
        after="TINYINT NULL",
        old=("-1",),
        new=("127",),
    ),
    Kind(
        name="money",
        before="DECIMAL(10,2) NULL",
        after="SMALLINT NULL",
        old=("7",),
        new=("8",),
        converted="CAST({0} AS DECIMAL(10,2))",
    ),
    Kind(
        name="shorter",
        before=f"VARCHAR(60) {MB4} NULL",
        after=f"VARCHAR(9) {MB4} NULL",
        old=("'ab '",),
        new=("'123456789'",),
    ),
    Kind(
        name="letters",
        before=f"VARCHAR(9) {MB4} NULL",
        after=f"VARCHAR(9) {LATIN} NULL",
        old=("'é€ '",),
        new=("'ÿ'",),
        converted="CONVERT({0} USING utf8mb4)",
    ),
    Kind(
        name="moment",
        before="DATETIME(6) NULL",
        after="DATETIME NULL",
        old=("'2024-02-29 23:59:59'",),
        new=("'0000-00-00'",),
        converted="CAST({0} AS DATETIME(6))",
    ),
    Kind(
        name="instant",
        before="TIMESTAMP(3) NULL",
        after="TIMESTAMP NULL",
        old=("'2024-10-27 00:30:00'",),
        new=("'2024-10-27 01:30:00'",),
        converted="CONCAT({0}, IF({0} IS NULL, '', '.000'))",
    ),
    Kind(
        name="real_number",
        before="DOUBLE NULL",
        after="FLOAT NULL",
        old=("0.5",),
        new=("0.1",),
        converted="{0} + 0e0",
    ),
    Kind(
        name="chosen",
        before="ENUM('a','b') NULL",
        after="ENUM('a') NULL",
        old=("'a'",),
        new=("'a'",),
    ),
    Kind(
        name="filled",
        before="INT(5) UNSIGNED ZEROFILL NULL",
        after="INT UNSIGNED NULL",
        old=("42",),
        new=("42",),
        converted="LPAD({0}, 5, '0')",
    ),
    Kind(
        name="tale",
        before=f"LONGTEXT {MB4} NULL",
        after=f"VARCHAR(9) {MB4} NULL",
        old=("'ab '",),
        new=("'c '",),
    ),
    Kind(
        name="label",
        before=f"VARCHAR(20) {LATIN} NULL",
        after=f"ENUM('open','done') {MB4} NULL",
        old=("'open'", "NULL"),
        new=("'done'", "NULL"),
        converted="CONVERT({0} USING latin1)",
    ),
    Kind(
        name="marks",
        before=f"TEXT {MB4} NULL",
        after=f"SET('a','é') {LATIN} NULL",
        old=("'a,é'", "''"),
        new=("'a,é'", "''"),
        converted="CONVERT({0} USING utf8mb4)",
    ),
)
BESIDE = tuple(
    Kind(
        name=name,
        before=f"{before} NULL",
        after=f"{after} NULL",
        old=(old,),
        new=(new, old),
        way="INSTANT",
        kept=f"history_2_{name}",
    )
    for name, before, after, old, new in (
        ("moment", "DATETIME", "TIMESTAMP", "'2024-02-29 23:59:59'", "'2024-01-01'"),
        ("number", f"VARCHAR(9) {MB4}", "INT", "'42'", "43"),
        ("text", "INT", f"VARCHAR(9) {MB4}", "42", "'forty'"),
        ("renamed", "ENUM('new','old')", "ENUM('New','old')", "'new'", "'old'"),
        ("free", "ENUM('a','b')", f"VARCHAR(9) {MB4}", "'a'", "'c'"),
        ("raw", f"VARCHAR(9) {MB4}", "VARBINARY(9)", "'a'", "X'FF'"),
        ("exact", "DOUBLE", "DECIMAL(9,2)", "0.5", "0.25"),
    )
)
GROUPS = {
    "without rebuild": WITHOUT_REBUILD,
    "rebuilt": REBUILT,
    "narrowed": NARROWED,
    "beside": BESIDE,
}


def create(changing: Changing, kinds: tuple[Kind, ...]) -> None:
    """Create the tables as they are before the change, with rows."""
    columns = [f"{kind.name} {kind.before}" for kind in kinds if kind.before]
    own = ", ".join(columns)
    changing.source(
        f"CREATE TABLE sales (id INT NOT NULL PRIMARY KEY, state VARCHAR(9), {own})",
        "CREATE TABLE `lines` (id INT NOT NULL PRIMARY KEY, sale_id INT NOT NULL,"
        f" {own}, KEY (sale_id))",
        f"CREATE TABLE pings (sale_id INT NOT NULL, {own}, KEY (sale_id))",
    )
    fill(changing, 1, OLD_ROOTS, {k.name: k.old for k in kinds if k.before})


def fill(
    changing: Changing, first: int, count: int, values: dict[str, tuple[str, ...]]
) -> None:
    """Insert roots, one in six of which isn't finished, with their relations."""

    def row(number: int, *key: object) -> str:
        own = (each[number % len(each)] for each in values.values())
        return f"({', '.join(map(str, (*key, *own)))})"

    names = "".join(f", {name}" for name in values)
    sales, lines, pings = [], [], []
    for n in range(first, first + count):
        sales.append(row(n, n, "'new'" if n % 6 == 0 else "'done'"))
        lines += [row(n, 2 * n, n), row(n + 1, 2 * n + 1, n)]
        # Two are the same.
        pings += [row(n, n), row(n, n), row(n + 1, n)]
    changing.source(
        f"INSERT INTO sales (id, state{names}) VALUES {', '.join(sales)}",
        f"INSERT INTO `lines` (id, sale_id{names}) VALUES {', '.join(lines)}",
        f"INSERT INTO pings (sale_id{names}) VALUES {', '.join(pings)}",
    )


@pytest.mark.parametrize("group", GROUPS)
def test_a_column_changes_and_all_goes_on(
    changing: Changing, caplog: pytest.LogCaptureFixture, group: str
) -> None:
    kinds = GROUPS[group]
    is_mariadb = value(changing.admin, "SELECT VERSION() LIKE '%%MariaDB%%'")
    create(changing, kinds)
    changing.install(DECLARED)
    first = snapshot(changing.admin, changing.team.shop.history)
    untouched = {k.name for k in kinds if k.way is None or k.kept} - {"id"}
    stays = {
        f"{table}_history": changing.kept(f"{table}_history", sorted(untouched), 10**6)
        for table in TABLES
        if untouched
    }
    before = changing.table_ids()
    for table in TABLES:
        clauses = ", ".join(kind.statement() for kind in kinds)
        changing.source(f"ALTER TABLE `{table}` {clauses}")
    fill(
        changing,
        OLD_ROOTS + 1,
        NEW_ROOTS,
        {k.name: k.new or k.old for k in kinds if k.after},
    )
    assert "drift: " in changing.refused()
    caplog.clear()

    changing.revise_and_upgrade()

    files = changing.team.sql()
    assert changing.team.revise() is None
    assert changing.team.sql() == files
    # Each change in the way that is stated, and a rebuild only where it is.
    ways = {}
    for kind in kinds:
        if kind.way:
            way = "INSTANT" if kind.way == "INPLACE" and is_mariadb else kind.way
            ways[kind.kept or kind.name] = way
    is_rebuilt = "COPY" in ways.values()
    for table in TABLES:
        history = f"{table}_history"
        assert changing.alterations(2).get(history, {}) == ways
        assert (changing.table_ids()[history] != before[history]) == is_rebuilt
        warned = re.findall(
            rf"{history} will be written anew, about ([\d,]+) rows", caplog.text
        )
        # The server's guess, and not that of yesterday.
        assert [0 < int(rows) < 500 for rows in warned] == [True] * is_rebuilt
    assert ("is written anew; chunks wait meanwhile" in caplog.text) == is_rebuilt
    if ways:
        changing.assert_tables_are_as_their_files(2, *(f"{t}_history" for t in TABLES))

    # Nothing new is copied yet: there is a way back, and up again.
    second = snapshot(changing.admin, changing.team.shop.history)
    changing.team.downgrade("-1")
    assert snapshot(changing.admin, changing.team.shop.history) == {
        **first,
        "rows of lane": second["rows of lane"],
    }
    changing.team.upgrade()
    assert snapshot(changing.admin, changing.team.shop.history) == second

    expect(changing, kinds)
    changing.copy()
    for history, values in stays.items():
        assert changing.kept(history, sorted(untouched), OLD_ROOTS) == values

    # What came since fits no more: refused, before anything is changed.
    copied = checksums(changing.admin, changing.team.shop.history)
    third = snapshot(changing.admin, changing.team.shop.history)
    if ways:
        with pytest.raises(MigrationError, match=r"errno 30011"):
            changing.team.downgrade("-1")
    else:
        changing.team.downgrade("-1")
        changing.team.upgrade()
    assert snapshot(changing.admin, changing.team.shop.history) == third
    assert checksums(changing.admin, changing.team.shop.history) == copied


def expect(changing: Changing, kinds: tuple[Kind, ...]) -> None:
    """Tell the oracle what history should hold from now on."""
    chunk = changing.next_chunk()
    for table in TABLES:
        alias = "o" if table == "sales" else "r"
        fields = {
            "added": {
                k.name: chunk for k in kinds if k.after and (k.kept or not k.before)
            },
            "renamed": {k.kept: k.name for k in kinds if k.kept},
            "converted": {
                k.name: k.converted.format(f"{alias}.{k.name}")
                for k in kinds
                if k.converted
            },
        }
        changing.expect(table, fields)
