"""What a sceptical reader of the generated SQL made go wrong, and doesn't any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.runner.connection import connect, parse_url
from tests.support.aggregates.archiving import compared, copy_all, copy_chunk
from tests.support.aggregates.foreign import Foreign
from tests.support.procedures import lanes as rows_of_lanes
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymysql.cursors import Cursor

    from tests.support.aggregates.archiving import Archived

ARCHIVE = """
[archive.orders]
table = "orders"
finished = "status = 'done'"
"""


def schema(tables: str, fill: str, archives: str) -> Foreign:
    return Foreign(
        name="review",
        tables=tables,
        fill=fill,
        archives=ARCHIVE + archives,
        expected={},
        writes=(),
        traps={},
    )


@pytest.fixture
def caller(
    archived: Archived,
) -> Iterator[pymysql.Connection[Cursor]]:
    connection = archived.connect(archived.caller_url)
    yield connection
    connection.close()


@pytest.fixture
def archived(
    open_archived: Callable[[Foreign], Archived], request: pytest.FixtureRequest
) -> Archived:
    archived = open_archived(request.param)
    archived.generate()
    return archived


def change(archived: Archived, statement: str) -> None:
    """Write to the source."""
    archived.admin.select_db(archived.source)
    query(archived.admin, statement)
    archived.admin.select_db(archived.history)


TEXT_KEYS = schema(
    """
CREATE TABLE orders (
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY,
    status VARCHAR(10) NOT NULL
);
""",
    """
INSERT INTO orders
SELECT CONCAT('k', LPAD(n, 6, '0')), 'done' FROM numbers WHERE n BETWEEN 1 AND 1200;
INSERT INTO orders VALUES ('abc', 'open');
""",
    "",
)


@pytest.mark.parametrize("archived", [TEXT_KEYS], indirect=True)
def test_a_key_that_is_rewritten_in_another_case_while_it_waits_is_one_root(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    copy_all(caller, "orders")
    change(archived, "UPDATE orders SET code = 'ABC' WHERE code = 'abc'")
    archived.make_pass_due()
    copy_chunk(caller, "orders")
    copy_all(caller, "orders")
    change(archived, "UPDATE orders SET status = 'done' WHERE code = 'abc'")

    copy_all(caller, "orders")

    assert archived.waiting("orders") == {}
    assert value(
        archived.admin, "SELECT GROUP_CONCAT(code) FROM orders_history WHERE code < 'b'"
    ) == ("ABC")


LONG_VALUES = schema(
    """
CREATE TABLE orders (
    id INT PRIMARY KEY, status VARCHAR(10), document JSON, place GEOMETRY
);
CREATE TABLE stops (
    order_id INT NOT NULL, place GEOMETRY, remark LONGTEXT, KEY (order_id)
);
""",
    """
INSERT INTO orders VALUES (
    1, 'done', JSON_ARRAY(REPEAT('x', 3000)),
    ST_GeomFromText(CONCAT('LINESTRING(0 0', REPEAT(',1 1', 300), ')'))
);
INSERT INTO stops VALUES (
    1, ST_GeomFromText(CONCAT('LINESTRING(0 0', REPEAT(',1 1', 300), ')')),
    REPEAT('x', 3000)
);
""",
    "relations = { stops = { on = 'stops.order_id = orders.id' } }",
)
LONGER = "ST_GeomFromText(CONCAT('LINESTRING(0 0', REPEAT(',1 2', 300), ')'))"


@pytest.mark.parametrize("archived", [LONG_VALUES], indirect=True)
def test_what_is_longer_than_max_allowed_packet_is_compared_all_the_same(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    copy_all(caller, "orders")
    chunk = value(archived.admin, "SELECT id FROM chunk WHERE roots = 1")
    packet = value(archived.admin, "SELECT @@global.max_allowed_packet")
    changes = (
        ("orders", "document", "JSON_ARRAY(CONCAT(REPEAT('x', 2999), 'X'))"),
        ("orders", "place", LONGER),
        ("stops", "place", LONGER),
        ("stops", "remark", "CONCAT(REPEAT('x', 2999), 'X')"),
    )
    query(archived.admin, "SET GLOBAL max_allowed_packet = 1024")
    try:
        small = connect(parse_url(archived.url), schema=archived.history, seconds=60)
    finally:
        query(archived.admin, f"SET GLOBAL max_allowed_packet = {packet}")
    query(small, "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
    found = []
    for table, column, changed in changes:
        archived.admin.begin()
        change(archived, f"UPDATE {table} SET {column} = {changed}")
        found.append(difference(small, chunk))
        archived.admin.rollback()
    nothing = difference(small, chunk)
    small.close()

    assert nothing is None
    assert None not in found


def difference(connection: pymysql.Connection[Cursor], chunk: int) -> str | None:
    """Compare a chunk: which of its values is another one may be too long to say."""
    try:
        return compared(connection, "orders", chunk)
    except pymysql.Error as error:
        return str(error)


NUMBERED_NAMES = schema(
    """
CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(10));
CREATE TABLE `My Items` (
    id INT PRIMARY KEY, order_id INT, FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE t1 (
    id INT PRIMARY KEY, item_id INT, FOREIGN KEY (item_id) REFERENCES `My Items` (id)
);
CREATE TABLE leaves (
    id INT PRIMARY KEY, t1_id INT, FOREIGN KEY (t1_id) REFERENCES t1 (id)
);
""",
    """
INSERT INTO orders VALUES (1, 'done');
INSERT INTO `My Items` VALUES (2, 1);
INSERT INTO t1 VALUES (3, 2);
INSERT INTO leaves VALUES (4, 3);
""",
    """
[archive.orders.relations]
"My Items" = {}
t1 = { of = "My Items" }
leaves = { of = "t1" }
""",
)


@pytest.mark.parametrize("archived", [NUMBERED_NAMES], indirect=True)
def test_a_relation_can_have_the_name_that_another_one_is_given(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    copy_all(caller, "orders")

    assert value(archived.admin, "SELECT COUNT(*) FROM leaves_history") == 1


BOXES = schema(
    """
CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(10));
CREATE TABLE boxes (
    id INT PRIMARY KEY, order_id INT NOT NULL, code INT NOT NULL,
    UNIQUE KEY boxes_code_uk (code), KEY (order_id)
);
CREATE TABLE events (box INT NOT NULL, what VARCHAR(10), KEY (box));
""",
    """
INSERT INTO orders VALUES (1, 'done');
INSERT INTO boxes VALUES (2, 1, 7);
INSERT INTO events VALUES (7, 'shipped');
""",
    """
[archive.orders.relations]
boxes = { on = "boxes.order_id = orders.id" }
events = { of = "boxes", on = "events.box = boxes.code" }
""",
)


@pytest.mark.parametrize("archived", [BOXES], indirect=True)
def test_a_join_that_is_not_to_one_row_any_more_doubles_none(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    change(
        archived,
        "ALTER TABLE boxes DROP KEY boxes_code_uk, ADD KEY boxes_code_ix (code)",
    )
    change(archived, "INSERT INTO boxes VALUES (3, 1, 7)")

    with pytest.raises(pymysql.OperationalError) as refused:
        copy_chunk(caller, "orders")

    assert refused.value.args[0] == 30007
    assert "boxes: the unique index boxes_code_uk" in refused.value.args[1]
    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 0


LONG_KEYS = schema(
    """
CREATE TABLE orders (
    shop VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, number INT,
    status VARCHAR(10) NOT NULL,
    PRIMARY KEY (shop, number)
);
""",
    """
INSERT INTO orders
SELECT CONCAT(REPEAT('alike', 10), LPAD(n % 7, 3, '0')), n, 'done'
FROM numbers
WHERE n < 3000;
""",
    "",
)


@pytest.mark.parametrize("archived", [LONG_KEYS], indirect=True)
def test_keys_that_a_sort_takes_for_one_are_all_examined(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    query(caller, "SET SESSION max_sort_length = 64")

    copy_all(caller, "orders")

    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 3000


CHANGED_AT = schema(
    """
CREATE TABLE orders (
    code CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
    status VARCHAR(10) NOT NULL,
    touched_at TIMESTAMP(6) NOT NULL
    DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    KEY orders_touched_at_ix (touched_at)
);
""",
    """
INSERT INTO orders (code, status)
SELECT UUID(), IF(n % 100 = 0, 'open', 'done') FROM numbers WHERE n < 6000;
""",
    'changed_at = "touched_at"\n',
)


@pytest.mark.core
@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("archived", [CHANGED_AT], indirect=True)
def test_what_changes_anywhere_is_found_by_the_next_look(
    archived: Archived, caller: pymysql.Connection[Cursor], lanes: int
) -> None:
    query(archived.admin, "CALL split_orders(%s)", lanes)
    copy_all(caller, "orders")
    before = value(archived.admin, "SELECT COUNT(*) FROM orders_history")
    # Keys before and after the cursor of every lane, and more than a window of them.
    change(
        archived,
        "INSERT INTO orders (code, status)"
        " SELECT UUID(), 'done' FROM orders LIMIT 2500",
    )
    change(archived, "UPDATE orders SET status = 'done' WHERE status = 'open' LIMIT 30")

    copy_all(caller, "orders")
    again = copy_chunk(caller, "orders")
    lane = rows_of_lanes(archived.admin)
    idle = copy_chunk(caller, "orders")

    assert before == 5940
    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 8470
    assert value(archived.admin, "SELECT MAX(pass) FROM archive") == 2
    assert (again["state"], idle["state"]) == ("idle", "idle")
    assert rows_of_lanes(archived.admin) == lane


@pytest.mark.core
@pytest.mark.parametrize("archived", [CHANGED_AT], indirect=True)
def test_what_comes_behind_a_scan_is_found_however_long_it_goes_on(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    copy_chunk(caller, "orders")
    # Before the first key, and changed long before the walk comes to its end.
    change(archived, "INSERT INTO orders (code, status) VALUES ('-', 'done')")
    change(
        archived,
        "UPDATE orders SET touched_at = NOW() + INTERVAL 1 DAY"
        " WHERE status = 'open' LIMIT 5",
    )

    copy_all(caller, "orders")

    assert value(archived.admin, "SELECT MAX(pass) FROM archive") == 1
    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 5941


IMAGES = schema(
    """
CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(10) NOT NULL);
CREATE TABLE images (
    id INT PRIMARY KEY, order_id INT NOT NULL, image LONGBLOB NOT NULL,
    CONSTRAINT images_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
""",
    """
INSERT INTO orders SELECT n, 'done' FROM numbers WHERE n BETWEEN 1 AND 60;
INSERT INTO images
SELECT n, n, REPEAT('x', 3000000) FROM numbers WHERE n BETWEEN 11 AND 34;
""",
    "[archive.orders.relations]\nimages = {}\n",
)


@pytest.mark.parametrize("archived", [IMAGES], indirect=True)
def test_a_root_that_comes_late_is_found_behind_large_values_that_are_known(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    # The window goes back over 72 MB of images, all of which are in history.
    for number in (62, 61):
        copy_all(caller, "orders")
        change(archived, f"INSERT INTO orders VALUES ({number}, 'done')")

    copy_all(caller, "orders")

    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 62


@pytest.mark.parametrize("archived", [IMAGES], indirect=True)
def test_a_chunk_of_large_values_ends_at_32_megabytes(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    # As slow as the machine may be, no chunk is late.
    query(archived.admin, "UPDATE archive SET target_ms = 5000")

    (asked,) = query(caller, "CALL copy_orders_chunk(60)")
    learned = copy_chunk(caller, "orders")
    copy_all(caller, "orders")

    # Ten without an image, and eleven of 3 MB; then eleven more.
    assert asked["roots"] == 10 + 11
    assert learned["roots"] == 11
    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 60


SPARSE = schema(
    "CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(10) NOT NULL);",
    """
INSERT INTO orders
SELECT 10000 * t.n + n.n, IF(n.n % 500 = 0, 'done', 'open')
FROM numbers AS n
INNER JOIN numbers AS t ON t.n < 5
WHERE n.n < 10000;
""",
    "",
)


@pytest.mark.parametrize("archived", [SPARSE], indirect=True)
def test_where_few_are_finished_a_call_examines_more_keys_and_never_too_many(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    query(archived.admin, "UPDATE archive SET target_ms = 5000")
    rows = [copy_chunk(caller, "orders")]
    while rows[-1]["state"] == "copied":
        rows.append(copy_chunk(caller, "orders"))

    examined = [row["examined"] for row in rows]
    # The first one was compared, and isn't learned from.
    assert examined[:4] == [2000, 2000, 4000, 8000]
    assert max(examined) <= 100_000
    assert len(rows) < 20
    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 100
    assert value(archived.admin, "SELECT COUNT(*) FROM waiting") == 49_900


@pytest.mark.parametrize("archived", [LONG_KEYS], indirect=True)
def test_lanes_of_keys_of_several_columns_lose_and_double_none(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    lanes = query(archived.admin, "CALL split_orders(3)")
    copy_all(caller, "orders")

    assert len(lanes) == 3
    assert value(archived.admin, "SELECT COUNT(*) FROM orders_history") == 3000
    assert value(archived.admin, "SELECT COUNT(DISTINCT lane) FROM chunk") == 3
    assert value(archived.admin, "SELECT SUM(examined) FROM lane") == 3000


PARENTS_OF_KEYS = schema(
    """
CREATE TABLE countries (id INT PRIMARY KEY);
CREATE TABLE regions (id INT PRIMARY KEY, country_id INT);
CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(10), region_id INT);
""",
    """
INSERT INTO countries VALUES (1);
INSERT INTO regions VALUES (7, 1), (8, 2), (9, NULL);
INSERT INTO orders VALUES
(1, 'done', 7), (2, 'done', 8), (3, 'done', 9), (4, 'done', 10), (5, 'done', NULL);
""",
    """
[archive.orders.relations]
regions = { on = "regions.id = orders.region_id" }
countries = { of = "regions", on = "countries.id = regions.country_id" }
""",
)
# What makes orders differ from their copies, and where that is seen first.
GONE_OR_NEW = {
    "DELETE FROM regions WHERE id = 7": 'regions of ["1"]: rows too few or too many',
    "DELETE FROM regions WHERE id = 9": 'regions of ["3"]: rows too few or too many',
    "DELETE FROM countries": 'countries of ["1"]: rows too few or too many',
    "INSERT INTO regions VALUES (10, NULL)": (
        'regions of ["4"]: rows too few or too many'
    ),
    "INSERT INTO countries VALUES (2)": 'countries of ["2"]: rows too few or too many',
    "UPDATE regions SET country_id = 3 WHERE id = 8": 'regions of ["2"]: country_id',
    "UPDATE regions SET id = 11 WHERE id = 9": (
        'regions of ["3"]: rows too few or too many'
    ),
    "UPDATE orders SET region_id = 8 WHERE id = 5": 'orders of ["5"]: region_id',
}


@pytest.mark.core
@pytest.mark.parametrize("archived", [PARENTS_OF_KEYS], indirect=True)
def test_a_parent_that_is_nothing_but_its_key_is_compared_to_be_there_or_not(
    archived: Archived, caller: pymysql.Connection[Cursor]
) -> None:
    copy_all(caller, "orders")
    chunk = value(archived.admin, "SELECT id FROM chunk WHERE roots = 5")

    found = {}
    for statement in GONE_OR_NEW:
        archived.admin.begin()
        change(archived, statement)
        found[statement] = difference(archived.admin, chunk)
        archived.admin.rollback()

    assert difference(archived.admin, chunk) is None
    assert found == GONE_OR_NEW
