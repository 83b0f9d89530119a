"""What drawn schemas have found: each a case by hand, so that it's never lost again."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.running import Case

if TYPE_CHECKING:
    from tests.support.aggregates.running import Bench

ORDERS = """
[archive.orders]
table = "orders"
finished = "is_closed"
"""
ITEMS = ExpectedRelation(
    name="items",
    key=("id",),
    joined="JOIN {source}.items AS r ON r.order_id = o.id",
)


def orders(*relations: ExpectedRelation) -> dict[str, Expectation]:
    return {
        "orders": Expectation(
            root="orders",
            key=("id",),
            finished="o.is_closed = 1",
            relations=relations,
        )
    }


def torn(bench: Bench, case: Case) -> int:
    """Archive a case; return how many writes were found to tear what is copied."""
    before = bench.outcomes["write: torn"]
    assert bench.run(case) == "archived"
    return bench.outcomes["write: torn"] - before


@pytest.mark.parametrize("type_", ["INT(7) ZEROFILL", "DECIMAL(7, 2) ZEROFILL"])
def test_a_torn_root_is_noted_by_the_key_by_which_it_waits(
    bench: Bench, type_: str
) -> None:
    # As text, a number is filled up with zeros, until a UNION forgets that it should.
    case = Case(
        create=(
            f"CREATE TABLE orders (id {type_} PRIMARY KEY, is_closed INT)",
            f"CREATE TABLE items (id INT PRIMARY KEY, order_id {type_}, note INT)",
        ),
        fill=(
            "INSERT INTO orders VALUES (1, 1), (20, 1), (300, 0)",
            "INSERT INTO items VALUES (1, 1, 1), (2, 20, 1), (3, 20, 1), (4, 300, 1)",
        ),
        archives=ORDERS
        + 'relations.items = { on = "items.order_id = orders.id", parent = false }',
        expected=orders(ITEMS),
        writes=(
            ("UPDATE items SET note = 2 WHERE id = 2",),
            ("UPDATE orders SET is_closed = 2 WHERE id = 1",),
        ),
    )

    assert torn(bench, case) == 2


def test_vectors_tell_rows_without_a_key_apart(bench: Bench) -> None:
    if bench.server.family == "mariadb":
        pytest.skip("MariaDB has had vectors since 11.7")
    case = Case(
        create=(
            "CREATE TABLE orders (id INT PRIMARY KEY, is_closed INT, v VECTOR(2))",
            "CREATE TABLE items (order_id INT NOT NULL, v VECTOR(2), KEY (order_id))",
        ),
        fill=(
            "INSERT INTO orders VALUES (1, 1, TO_VECTOR('[1, 2]')), (2, 1, NULL)",
            """INSERT INTO items VALUES
            (1, TO_VECTOR('[1, 2]')), (1, NULL), (1, TO_VECTOR('[1, 2]')),
            (2, TO_VECTOR('[1, 2.0000005]'))""",
        ),
        archives=ORDERS
        + 'relations.items = { on = "items.order_id = orders.id", parent = false }',
        expected=orders(
            ExpectedRelation(
                name="items", joined="JOIN {source}.items AS r ON r.order_id = o.id"
            )
        ),
        writes=(
            ("UPDATE items SET v = TO_VECTOR('[1, 2]') WHERE order_id = 2",),
            ("DELETE FROM items WHERE order_id = 1 LIMIT 1",),
        ),
    )

    assert torn(bench, case) == 2


def test_rows_of_which_no_column_is_kept_are_counted(bench: Bench) -> None:
    case = Case(
        create=(
            "CREATE TABLE orders (id INT PRIMARY KEY, is_closed INT)",
            "CREATE TABLE items (order_id INT NOT NULL, KEY (order_id))",
        ),
        fill=(
            "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 1)",
            "INSERT INTO items VALUES (1), (3), (3), (3)",
        ),
        archives=ORDERS
        + 'relations.items = { on = "items.order_id = orders.id", parent = false,'
        ' without = ["order_id"] }',
        expected=orders(
            ExpectedRelation(
                name="items",
                joined="JOIN {source}.items AS r ON r.order_id = o.id",
                without=("order_id",),
            )
        ),
        writes=(
            ("DELETE FROM items WHERE order_id = 3 LIMIT 1",),
            ("INSERT INTO items VALUES (2)",),
        ),
    )

    assert torn(bench, case) == 2


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("\N{LATIN SMALL LETTER LONG S}", id="an s of another alphabet"),
        pytest.param("\N{KELVIN SIGN}", id="a k of another alphabet"),
        pytest.param("line\u2028separator", id="a separator of lines"),
        pytest.param("form\ffeed", id="a form feed"),
        pytest.param("next\x85line", id="a next line"),
        pytest.param("tab\tbed", id="a tab"),
    ],
)
def test_a_name_is_written_as_it_is(bench: Bench, name: str) -> None:
    case = Case(
        create=(
            f"""CREATE TABLE `{name}` (
                `{name}` INT PRIMARY KEY,
                is_closed INT,
                `{name} 2` INT
            )""",
            f"""CREATE TABLE `{name} 2` (
                `{name}` INT PRIMARY KEY,
                `{name} 2` INT,
                FOREIGN KEY (`{name} 2`) REFERENCES `{name}` (`{name}`)
            )""",
            f"""CREATE TABLE parts (
                id INT,
                `{name}` INT,
                FOREIGN KEY (`{name}`) REFERENCES `{name} 2` (`{name}`)
            )""",
        ),
        fill=(
            f"INSERT INTO `{name}` VALUES (1, 1, 1), (2, 1, NULL), (3, 0, 3)",
            f"INSERT INTO `{name} 2` VALUES (1, 1), (2, 1), (3, 2), (4, 3)",
            "INSERT INTO parts VALUES (1, 1), (1, 1), (2, 3)",
        ),
        archives=f"""
[archive."{name}"]
table = "{name}"
finished = "is_closed AND COALESCE(`{name} 2`, 1) > 0"

[archive."{name}".relations]
"{name} 2" = {{}}
parts = {{ of = "{name} 2" }}
""".translate({ord("\f"): "\\f", ord("\t"): "\\t", 0x85: "\\u0085"}),
        expected={
            name: Expectation(
                root=name,
                key=(name,),
                finished=f"o.is_closed AND COALESCE(o.`{name} 2`, 1) > 0",
                relations=(
                    ExpectedRelation(
                        name=f"{name} 2",
                        key=(name,),
                        joined=f"JOIN {{source}}.`{name} 2` AS r"
                        f" ON r.`{name} 2` = o.`{name}`",
                    ),
                    ExpectedRelation(
                        name="parts",
                        joined=f"JOIN {{source}}.`{name} 2` AS i"
                        f" ON i.`{name} 2` = o.`{name}`"
                        f" JOIN {{source}}.parts AS r ON r.`{name}` = i.`{name}`",
                    ),
                ),
            )
        },
        writes=((f"DELETE FROM parts WHERE `{name}` = 3",),),
    )

    assert torn(bench, case) == 1


def test_a_parent_may_leave_out_what_it_is_joined_by(bench: Bench) -> None:
    case = Case(
        create=(
            "CREATE TABLE orders (id INT PRIMARY KEY, is_closed INT, place INT)",
            "CREATE TABLE places (id INT PRIMARY KEY, number INT, name VARCHAR(9))",
        ),
        fill=(
            "INSERT INTO orders VALUES (1, 1, 7), (2, 1, 8), (3, 1, NULL), (4, 1, 7)",
            "INSERT INTO places VALUES (70, 7, 'a'), (71, 7, 'b'), (80, 8, 'c')",
        ),
        archives=ORDERS
        + """
[archive.orders.relations.places]
on = "places.number = orders.place"
parent = true
without = ["number"]
""",
        expected=orders(
            ExpectedRelation(
                name="places",
                key=("id",),
                joined="JOIN {source}.places AS r ON r.number = o.place",
                without=("number",),
            )
        ),
        writes=(("UPDATE places SET number = 8 WHERE id = 71",),),
    )

    assert torn(bench, case) == 1


@pytest.mark.parametrize(
    ("columns", "more", "problem"),
    [
        pytest.param("`a\nb` INT", "", "U+000A, which breaks a line", id="a new line"),
        pytest.param(
            "c INT",
            'renamed = { "a\\rb" = "c" }',
            "U+000D, which breaks a line",
            id="a return in a name of old",
        ),
    ],
)
def test_a_name_that_procedures_do_not_take_is_refused(
    bench: Bench, columns: str, more: str, problem: str
) -> None:
    case = Case(
        create=(f"CREATE TABLE orders (id INT PRIMARY KEY, is_closed INT, {columns})",),
        fill=(),
        archives=ORDERS + more,
        expected=orders(),
    )

    with pytest.raises(MigrationError, match=re.escape(problem)):
        bench.run(case)


def test_a_quote_beside_an_umlaut_in_a_name_is_refused(bench: Bench) -> None:
    case = Case(
        create=("CREATE TABLE orders (id INT PRIMARY KEY, is_closed INT, `ö``b` INT)",),
        fill=(),
        archives=ORDERS,
        expected=orders(),
    )
    before = bench.outcomes.copy()

    bench.run(case)

    assert bench.outcomes - before == Counter(
        {"refused: found ` beside a letter beyond ASCII": 1}
    )
