"""Keys, and what joins compare: they change in all history tables, or are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.definitions import Definition
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import Schemas
from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.migrations.shaping import DECLARED, MB4, SALES
from tests.support.migrations.snapshot import checksums, snapshot
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing
    from tests.support.procedures import Row

LATIN = "CHARACTER SET latin1 COLLATE latin1_swedish_ci"
UNICODE = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"

WIDER_KEYS = (
    "ALTER TABLE sales DROP COLUMN made",
    "ALTER TABLE sales MODIFY id BIGINT NOT NULL",
    "ALTER TABLE `lines` MODIFY id BIGINT NOT NULL, MODIFY sale_id BIGINT NOT NULL",
    "ALTER TABLE pings MODIFY sale_id BIGINT NULL",
)


def test_all_history_tables_follow_a_larger_key_of_the_root(
    changing: Changing,
) -> None:
    changing.open_shop()
    first = snapshot(changing.admin, changing.team.shop.history)
    changing.source(*WIDER_KEYS)
    changing.sell(range(5_000_000_000, 5_000_000_030))
    changing.refused()

    changing.revise_and_upgrade()

    assert changing.alterations(2) == {
        "sales_history": {"id": "COPY"},
        "lines_history": {"history_root_id": "COPY", "id": "COPY", "sale_id": "COPY"},
        "pings_history": {"history_root_id": "COPY", "sale_id": "COPY"},
    }
    changing.assert_tables_are_as_their_files(2, *changing.alterations(2))
    changing.team.downgrade("-1")
    now = snapshot(changing.admin, changing.team.shop.history)
    assert {**now, "rows of lane": first["rows of lane"]} == first
    changing.team.upgrade()
    changing.copy()
    assert changing.shapes() == [1, 2]
    before = snapshot(changing.admin, changing.team.shop.history)
    with pytest.raises(
        MigrationError, match="sales_history holds values of id"
    ) as caught:
        changing.team.downgrade("-1")
    assert "errno 30011" in str(caught.value)
    assert snapshot(changing.admin, changing.team.shop.history) == before


def test_a_key_that_gets_or_loses_its_sign_is_kept_as_a_decimal(
    changing: Changing,
) -> None:
    changing.source(
        "CREATE TABLE sales (id BIGINT NOT NULL PRIMARY KEY, state VARCHAR(9))",
        "CREATE TABLE `lines` (id BIGINT NOT NULL PRIMARY KEY, sale_id BIGINT)",
        "INSERT INTO sales VALUES (-9223372036854775808, 'done'), (1, 'done')",
        "INSERT INTO `lines` VALUES (-1, -9223372036854775808), (1, 1)",
    )
    lines, _ = SALES.relations
    changing.expected = replace(SALES, relations=(lines,))
    changing.install(DECLARED.replace("pings =", "# pings ="))
    # What is in history may be gone from the source, and signs with it.
    changing.source(
        "DELETE FROM sales WHERE id < 0",
        "DELETE FROM `lines` WHERE id < 0",
        "ALTER TABLE sales MODIFY id BIGINT UNSIGNED NOT NULL",
        "ALTER TABLE `lines` MODIFY id BIGINT UNSIGNED NOT NULL,"
        " MODIFY sale_id BIGINT UNSIGNED",
        "INSERT INTO sales VALUES (18446744073709551615, 'done')",
        "INSERT INTO `lines` VALUES (18446744073709551615, 18446744073709551615)",
    )

    changing.revise_and_upgrade()
    changing.drain()

    assert changing.columns("lines_history")["history_root_id"] == "decimal(20,0)"
    assert query(changing.admin, "SELECT history_root_id, id FROM lines_history") == [
        {"history_root_id": root, "id": own}
        for root, own in ((-(2**63), -1), (1, 1), (2**64 - 1, 2**64 - 1))
    ]


def test_text_keys_and_joins_follow_their_collation(changing: Changing) -> None:
    def columns(length: int, text: str) -> str:
        return f"VARCHAR({length}) {text} NOT NULL"

    changing.source(
        f"CREATE TABLE sales (code {columns(8, MB4)} PRIMARY KEY, state VARCHAR(9),"
        f" goods {columns(8, LATIN)})",
        f"CREATE TABLE goods (sku {columns(8, LATIN)} PRIMARY KEY,"
        f" maker {columns(8, MB4)})",
        f"CREATE TABLE makers (name {columns(8, MB4)} PRIMARY KEY)",
        "INSERT INTO makers VALUES ('Acme'), ('Émile')",
        "INSERT INTO goods VALUES ('é1', 'acme'), ('b2', 'emile')",
        "INSERT INTO sales VALUES ('a', 'done', 'é1'), ('B', 'done', 'b2')",
    )
    goods = "JOIN {source}.goods AS r ON r.sku = o.goods"
    changing.expected = Expectation(
        root="sales",
        key=("code",),
        finished="o.state = 'done'",
        relations=(
            ExpectedRelation(name="goods", key=("sku",), joined=goods),
            ExpectedRelation(
                name="makers",
                key=("name",),
                joined=goods.replace("AS r ON r", "AS g ON g")
                + " JOIN {source}.makers AS r ON r.name = g.maker",
            ),
        ),
    )
    changing.install(
        DECLARED[: DECLARED.index("lines")]
        + 'goods = { on = "goods.sku = sales.goods", parent = true }\n'
        'makers = { of = "goods", on = "makers.name = goods.maker", parent = true }\n'
    )

    # Longer, and sorted otherwise; latin1 becomes utf8mb4.
    changing.source(
        f"ALTER TABLE sales MODIFY code {columns(20, UNICODE)},"
        f" MODIFY goods {columns(8, MB4)}",
        f"ALTER TABLE goods MODIFY sku {columns(8, MB4)},"
        f" MODIFY maker {columns(8, UNICODE)}",
        f"ALTER TABLE makers MODIFY name {columns(8, UNICODE)}",
        "INSERT INTO sales VALUES ('REPEATED', 'done', '😀')",
        "INSERT INTO goods VALUES ('😀', 'ÁCME')",
    )
    changing.refused()
    changing.revise_and_upgrade()
    changing.copy()

    assert changing.alterations(2)["makers_history"] == {
        "history_root_code": "COPY",
        "name": "COPY",
    }
    # And back to fewer characters: history stays, and joins go by the index as before.
    changing.source(
        "DELETE FROM goods WHERE sku = '😀'",
        "DELETE FROM sales WHERE code = 'REPEATED'",
        f"ALTER TABLE sales MODIFY code {columns(20, LATIN)},"
        f" MODIFY goods {columns(8, LATIN)}",
        f"ALTER TABLE goods MODIFY sku {columns(8, LATIN)}",
        "INSERT INTO goods WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1"
        " FROM n WHERE n < 900) SELECT CONCAT('x', n), 'none' FROM n",
        "INSERT INTO sales SELECT sku, 'new', sku FROM goods",
        "INSERT INTO sales VALUES ('later', 'done', 'É1')",
        "ANALYZE TABLE goods, sales",
    )
    changing.revise_and_upgrade()
    changing.drain()
    assert changing.alterations(3) == {}
    assert query(
        changing.admin,
        "SELECT sku, maker FROM goods_history WHERE history_root_code = 'later'",
    ) == [{"sku": "é1", "maker": "acme"}]
    for row in explained(changing, "_copy_goods"):
        assert row["type"] in {"ref", "eq_ref"}, row


def explained(changing: Changing, procedure: str) -> list[Row]:
    """Explain the SELECT of a procedure, for the last chunk."""
    chunk = value(changing.admin, "SELECT MAX(history_chunk) FROM sales_history")
    version = max(
        int(path[-6:-4])
        for path in changing.team.sql()
        if path.startswith(f"sales/procedures/{procedure}_v")
    )
    text = Definition("procedure", procedure, version).installable(
        changing.team.project, Schemas(changing.team.shop.source)
    )
    select = text[text.index("SELECT") : text.index(";", text.index("SELECT"))]
    sql = select.replace("in_chunk_id", str(chunk)).replace("LIMIT io_room", "")
    is_mariadb = value(changing.admin, "SELECT VERSION() LIKE '%%MariaDB%%'")
    how = "EXPLAIN" if is_mariadb else "EXPLAIN FORMAT=TRADITIONAL"
    return query(changing.admin, f"{how} {sql}")


def test_another_key_of_a_relation_begins_another_history(changing: Changing) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE `lines` DROP PRIMARY KEY, ADD PRIMARY KEY (sale_id, id)",
        "ALTER TABLE pings ADD COLUMN ping INT NOT NULL AUTO_INCREMENT PRIMARY KEY",
    )
    changing.refused()

    with pytest.raises(MigrationError) as caught:
        changing.team.revise()

    assert str(caught.value) == (
        'archives.toml: archive.sales.relations.lines: the key of "lines" has changed, '
        'and the rows of "lines_history" are told apart by (history_root_id, '
        "history_version, id), not by (history_root_id, history_version, sale_id, id); "
        'if columns only got other names, say so by renamed = { old = "new" }; else '
        "declare it under another name, whose history begins anew, such as lines_2 = { "
        'table = "lines" }'
    )
    changing.team.declare(
        DECLARED.replace(
            'lines = { on = "lines.', 'lines_2 = { table = "lines", on = "lines_2.'
        )
    )
    changing.revise_and_upgrade()
    chunk = changing.next_chunk()
    changing.sell(range(61, 91))
    _, pings = changing.expected.relations
    changing.expected = replace(
        changing.expected,
        relations=(
            ExpectedRelation(
                name="lines_2",
                table="lines",
                key=("sale_id", "id"),
                joined="JOIN {source}.`lines` AS r ON r.sale_id = o.id",
                since=chunk,
            ),
            replace(pings, added={"ping": chunk}),
        ),
    )
    changing.copy()
    assert value(changing.admin, "SELECT COUNT(*) FROM lines_history") == 60


@pytest.mark.soak
def test_another_order_of_a_relations_key_changes_nothing(changing: Changing) -> None:
    changing.source(
        "CREATE TABLE sales (id INT PRIMARY KEY, state VARCHAR(9))",
        "CREATE TABLE `lines` (id INT, sale_id INT, PRIMARY KEY (id, sale_id))",
        "INSERT INTO sales VALUES (1, 'done')",
        "INSERT INTO `lines` VALUES (1, 1), (2, 1)",
    )
    lines, _ = SALES.relations
    changing.expected = replace(SALES, relations=(lines,))
    changing.install(DECLARED.replace("pings =", "# pings ="))
    changing.source(
        "ALTER TABLE `lines` DROP PRIMARY KEY, ADD PRIMARY KEY (sale_id, id)",
        "INSERT INTO sales VALUES (2, 'done')",
        "INSERT INTO `lines` VALUES (1, 2), (3, 2)",
    )
    changing.refused()

    changing.revise_and_upgrade()

    assert changing.alterations(2) == {}
    changing.copy()


def test_another_key_of_the_root_is_refused_with_what_to_do(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE sales DROP PRIMARY KEY, ADD PRIMARY KEY (id, state)",
    )
    changing.refused()
    before = checksums(changing.admin, changing.team.shop.history)

    with pytest.raises(MigrationError) as caught:
        changing.team.revise()

    assert str(caught.value).startswith(
        'archives.toml: archive.sales.table: the key of "sales" has changed, and the '
        'rows of "sales_history" are told apart by (id, history_version), not by (id, '
        "state, history_version); "
    )
    assert (
        "else move the history of this archive elsewhere, take the archive out of "
        "archives.toml, upgrade, and declare it again" in str(caught.value)
    )
    changing.source(
        "ALTER TABLE sales DROP COLUMN made, DROP PRIMARY KEY,"
        " MODIFY id VARCHAR(20) NOT NULL, ADD PRIMARY KEY (id)",
        "ALTER TABLE `lines` MODIFY sale_id VARCHAR(20) NOT NULL",
        "ALTER TABLE pings MODIFY sale_id VARCHAR(20) NOT NULL",
    )
    with pytest.raises(MigrationError) as caught:
        changing.team.revise()
    assert str(caught.value).startswith(
        'archives.toml: archive.sales.table: "id" of the key was int and is '
        "varchar(20) now, and no type holds both; move the history of this archive "
    )
    assert checksums(changing.admin, changing.team.shop.history) == before


def test_a_key_may_get_another_name(changing: Changing) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE sales DROP COLUMN made, RENAME COLUMN id TO number",
        "ALTER TABLE `lines` RENAME COLUMN id TO line_number",
    )
    renamed = DECLARED.replace("sales.id", "sales.number")
    changing.team.declare(renamed)
    with pytest.raises(MigrationError, match="if columns only got other names, say so"):
        changing.team.revise()

    changing.team.declare(
        renamed.replace(
            "[archive.sales.rel", 'renamed = { id = "number" }\n[archive.sales.rel'
        ).replace("lines = {", 'lines = { renamed = { id = "line_number" },')
    )
    changing.revise_and_upgrade()

    assert changing.alterations(2) == {}
    changing.source(
        "INSERT INTO sales (number, state) VALUES (61, 'done')",
        "INSERT INTO `lines` (line_number, sale_id) VALUES (61, 61)",
        "INSERT INTO pings (sale_id) VALUES (61), (61)",
    )
    lines, pings = changing.expected.relations
    changing.expected = Expectation(
        root="sales",
        key=("number",),
        finished="o.state = 'done'",
        renamed={"id": "number"},
        relations=(
            ExpectedRelation(
                name="lines",
                key=("line_number",),
                renamed={"id": "line_number"},
                joined=str(lines.joined).replace("o.id", "o.number"),
            ),
            replace(pings, joined=str(pings.joined).replace("o.id", "o.number")),
        ),
    )
    changing.copy()
    # A full pass looks for keys that came twice, by their name in history.
    query(
        changing.admin,
        "UPDATE archive SET pass_started_at = pass_started_at - INTERVAL 2 DAY",
    )
    (opened,) = query(changing.admin, "CALL copy_sales_chunk(NULL)")
    assert str(opened["reason"]).startswith("opened full pass ")


def test_what_waits_is_found_again_under_its_longer_key(changing: Changing) -> None:
    changing.source(
        "CREATE TABLE sales"
        " (at DATETIME, n INT, state VARCHAR(9), PRIMARY KEY (at, n))",
        "INSERT INTO sales VALUES ('2024-01-01', 1, 'done'), ('2024-01-02', 2, 'new'),"
        " ('2024-01-03', 3, 'new')",
    )
    changing.expected = Expectation(
        root="sales", key=("at", "n"), finished="o.state = 'done'"
    )
    changing.install(DECLARED[: DECLARED.index("[archive.sales.relations]")])
    changing.source(
        "ALTER TABLE sales MODIFY at DATETIME(6), MODIFY n DECIMAL(12,2)",
        "INSERT INTO sales VALUES ('2024-01-01 00:00:00.5', 1, 'done')",
    )
    changing.revise_and_upgrade()
    changing.copy()
    waiting = "SELECT root_key, reason FROM waiting"
    before = query(changing.admin, waiting)

    changing.source("UPDATE sales SET state = 'done' WHERE n = 2")
    changing.copy()

    assert [row["reason"] for row in before] == ["unfinished"] * 2
    assert [row["reason"] for row in query(changing.admin, waiting)] == ["unfinished"]


@pytest.mark.parametrize("is_under_way", [False, True])
def test_what_waits_under_an_integer_is_found_at_once_when_the_key_is_none_any_more(
    changing: Changing, *, is_under_way: bool
) -> None:
    # Of the key 0 too, whose row is like that of a key that is text.
    changing.source(
        "CREATE TABLE sales (n INT PRIMARY KEY, state VARCHAR(9))",
        "INSERT INTO sales VALUES (0, 'new'), (1, 'done'), (2, 'new'), (3, 'new')",
    )
    changing.expected = Expectation(
        root="sales", key=("n",), finished="o.state = 'done'"
    )
    changing.install(DECLARED[: DECLARED.index("[archive.sales.relations]")])
    changing.copy()
    if is_under_way:
        query(changing.admin, "UPDATE lane SET phase = 'closing'")
    changing.source("ALTER TABLE sales MODIFY n DECIMAL(12,2)")
    changing.revise_and_upgrade()
    changing.source("UPDATE sales SET state = 'done' WHERE n IN (0, 2)")

    changing.copy()

    assert query(changing.admin, "SELECT root_key, reason FROM waiting") == [
        {"root_key": '["3.00"]', "reason": "unfinished"}
    ]
