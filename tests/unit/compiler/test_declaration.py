"""archives.toml is read whole, or refused with all that is wrong with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.declaration.model import (
    Archive,
    Relation,
    RelationPath,
    Renamed,
    Settled,
)
from bygones.compiler.declaration.names import (
    ARCHIVE_OBJECTS,
    CONTROL_TABLES,
    TABLE_OBJECTS,
)
from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.errors import MigrationError
from bygones.sandbox.sample import SAMPLE, definitions
from bygones.sandbox.shop import PROJECT
from tests.support.migrations.declaring import cases, write
from tests.support.procedures import RELATIONS as SAMPLE_RELATIONS

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = """
source = "pharmacy"

[archive.orders]
table = "orders"
finished = "status = 'closed'"
"""
RELATIONS = ORDERS + "[archive.orders.relations]\n"
RETURNS = """
[archive.returns]
table = "returns"
finished = "status = 'closed'"
[archive.returns.relations]
"""

# The mistake stands below what is declared.
IN_THE_FILE = r"""
[archive]
# source: missing; an example: source = "shop"

source = 1
# source: found the number 1; expected a string

source = 1.5
# source: found the number 1.5; expected a string

source = true
# source: found true; expected a string

source = []
# source: found an array; expected a string

source = {}
# source: found a table; expected a string

source = 2026-01-31
# source: found the time 2026-01-31; expected a string

source = " "
# source: found an empty string; expected a string with text

source = "shop "
# source: found "shop "; MySQL's names don't end with a space

source = "a\U0001F36A"
# source: found U+1F36A; MySQL's names hold U+0001 to U+FFFF

source = "s"
# source: found "s", an alias in bygones' SQL; write a longer one: it's only the name
# that the SQL is written with, and the schema is that of BYGONES_DATABASE_URL

source = "T12"
# source: found "T12", an alias in bygones' SQL; write a longer one: it's only the name
# that the SQL is written with, and the schema is that of BYGONES_DATABASE_URL

source = "Information_Schema"
# source: found "Information_Schema", which is the server's own; expected a shop's

source = "a\u0000"
# source: found U+0000; MySQL's names hold U+0001 to U+FFFF

source = "pharmacy"
[archive.orders]
table = "orders"
finished = "status = 'closed'"
[archives.returns]
# archives: unknown key (did you mean "archive"?); known here: source, archive

source = "shop"
archive = "orders"
# archive: found the string "orders"; expected a table, such as [archive.orders]

source = "shop"
[archive]
status = "closed"
# archive.status: found the string "closed"; expected a table, such as
# [archive.orders]

source = "shop"
[[archive.orders]]
# archive.orders: found an array; expected a table, such as [archive.orders]

source = "shop"
[archive."my orders"]
finished = "a"
# archive."my orders".table: missing; an example: table = "my orders"

source = "shop"
[archive.orders]
table = "orders"
# archive.orders.finished: missing; an example: finished = "status = 'closed'"

source = "pharmacy"
[archive.control]
table = "orders"
finished = "status = 'closed'"
# archive.control: the name is reserved: sql/control/ is bygones' own

source = "pharmacy"
[archive.Lane]
table = "orders"
finished = "status = 'closed'"
# archive.Lane: the name is reserved: bygones has a lane of its own

source = "pharmacy"
[archive."a/b"]
table = "orders"
finished = "status = 'closed'"
# archive."a/b": no file can be named so: leave out / and a leading dot

source = "pharmacy"
[archive." "]
table = "orders"
finished = "status = 'closed'"
# archive." ": the name is empty

source = "pharmacy"
[archive.orders]
table = "waiting"
finished = "status = 'closed'"
# archive.orders.table: the name is reserved: bygones has a waiting of its own

source = "pharmacy"
[archive.orders]
table = ".orders"
finished = "status = 'closed'"
# archive.orders.table: no file can be named so: leave out / and a leading dot
"""

IN_AN_ARCHIVE = r"""
relation = "a"
# relation: unknown key (did you mean "relations"?); known here: table, finished,
# settled, changed_at, full_pass_hours, without, renamed, relations

x = 1
# x: unknown key; known here: table, finished, settled, changed_at, full_pass_hours,
# without, renamed, relations

changed_at = ""
# changed_at: found an empty string; expected a string with text

full_pass_hours = 0
# full_pass_hours: found the number 0; expected a whole number from 1 to 8784

full_pass_hours = 8785
# full_pass_hours: found the number 8785; expected a whole number from 1 to 8784

settled = 30
# settled: found the number 30; expected a table, such as
# { column = "closed_at", days = 30 }

settled = { days = 1 }
# settled.column: missing; an example: column = "closed_at"

settled = { column = "a" }
# settled.days: missing; an example: days = 30

settled = { column = "a", days = -1 }
# settled.days: found the number -1; expected a whole number from 1 to 36500

settled = { column = "a", days = true }
# settled.days: found true; expected a whole number from 1 to 36500

settled = { column = "a", days = "30" }
# settled.days: found the string "30"; expected a whole number from 1 to 36500

settled = { column = "a", days = 1, Days = 1 }
# settled.Days: unknown key (did you mean "days"?); known here: column, days

relations = []
# relations: found an array; expected a table, such as { order_items = {} }
"""

IN_A_RELATION = r"""
a = true
# a: found true; expected a table, such as {}

a = { off = "b" }
# a.off: unknown key (did you mean "of"?); known here: table, of, on, paths, where,
# parent, without, renamed

a = { table = 1 }
# a.table: found the number 1; expected a string

a = { table = "b " }
# a.table: found "b "; MySQL's names don't end with a space

a = { parent = "yes" }
# a.parent: found the string "yes"; expected true or false

a = { where = "" }
# a.where: found an empty string; expected a string with text

a = { of = 1 }
# a.of: found the number 1; expected a string or an array of strings

a = { of = [] }
# a.of: found an empty array; fill it or leave the key out

a = { of = [1] }
# a.of: found the number 1; expected an array of strings

a = { of = ["orders", "orders"] }
# a.of: found "orders" twice; once is enough

a = { of = "itms" }
items = {}
z = {}
# a.of: found "itms" (did you mean "items", or is that key misspelt?); expected one of
# the root "orders", "items", "z"

a = { of = "Orders" }
# a.of: found "Orders" (did you mean "orders"?); expected one of the root "orders"

a = { of = "a" }
# a.of: found the relation itself; where rows of one table point at each other,
# declare a second relation and name its table

a = { of = ["orders", "b"], on = "a.id = b.id" }
b = {}
# a.on: found beside several of; each needs its own:
# paths = [{ of = "orders", on = "a.id = b.id" }, ...]

a = { of = "b", paths = [{ of = "b" }] }
b = {}
# a.of: found beside paths; each path has its own of

a = { on = "a.x = b.y", paths = [{ of = "b" }] }
b = {}
# a.on: found beside paths; each path has its own on

a = { paths = {} }
# a.paths: found a table; expected an array of tables

a = { paths = [] }
# a.paths: found an empty array; fill it or leave the key out

a = { paths = ["b"] }
# a.paths: found the string "b"; expected an array of tables

a = { paths = [{}, { of = "b" }] }
# a.paths[1].of: found "b"; expected one of the root "orders"

a = { paths = [{ at = "b" }] }
# a.paths[0].at: unknown key; known here: of, on

a = { paths = [{ on = 1 }] }
# a.paths[0].on: found the number 1; expected a string

a = { paths = [{}, { of = "orders" }] }
# a.paths: found one path twice; once is enough

c = { of = "b" }
a = { of = "c" }
b = { of = ["orders", "a"] }
# c: found a cycle: c of b of a of c; expected a way to the root, "orders"

a = { without = 'b' }
# a.without: found the string "b"; expected an array of strings

a = { without = ["b", "B"] }
# a.without: found "B" twice; once is enough

a = { without = [""] }
# a.without: found an empty string; expected an array of strings with text

a = { without = ["b "] }
# a.without: found "b "; MySQL's names don't end with a space

a = { renamed = ["b"] }
# a.renamed: found an array; expected a table, such as { old_name = "new_name" }

a = { renamed = { b = "b" } }
# a.renamed.b: found the old name again; expected the new one

a = { renamed = { b = 1 } }
# a.renamed.b: found the number 1; expected a string

a = { renamed = { b = "d", c = "D" } }
# a.renamed.c: found "D", the new name of "b"

a = { renamed = { "b " = "c" } }
# a.renamed."b ": found "b "; MySQL's names don't end with a space

orders = {}
# orders: the name is that of the root of archive.orders already; write
# orders_orders = { table = "orders" }

a = {}
A = {}
# A: the name is that of a relation of archive.orders already; write
# orders_A = { table = "A" }

"café" = {}
cafe = { table = "b", of = "café" }
# cafe: the name is that of a relation of archive.orders already; write
# orders_cafe = { table = "b", ... }

waiting_orders = {}
# waiting_orders: its procedure _copy_waiting_orders would be that of archive.orders
# too; choose another name

run = {}
# run: the name is reserved: bygones has a run of its own; a relation may have another
# name than its table

".a" = {}
# ".a": no file can be named so: leave out / and a leading dot; a relation may have
# another name than its table

"" = {}
# "": the name is empty; a relation may have another name than its table
"""

IN_TWO_ARCHIVES = r"""
customers = {}
[archive.returns]
table = "returns"
finished = "status = 'closed'"
[archive.returns.relations]
customers = {}
# archive.returns.relations.customers: the name is that of a relation of
# archive.orders already; write returns_customers = { table = "customers" }

[archive.returns]
table = "returns"
finished = "status = 'closed'"
[archive.returns.relations]
orders = {}
# archive.returns.relations.orders: the name is that of the root of archive.orders
# already; write returns_orders = { table = "orders" }

returns = { where = "returns.x = 1" }
[archive.returns]
table = "returns"
finished = "status = 'closed'"
[archive.returns.relations]
# archive.orders.relations.returns: the name is that of the root of archive.returns
# already; write orders_returns = { table = "returns", ... }

[archive.returns]
table = "orders"
finished = "status = 'closed'"
[archive.returns.relations]
# archive.returns.table: "orders" is the root of archive.orders already; declare one
# archive, whose finished takes in both

[archive.Orders]
table = "returns"
finished = "status = 'closed'"
[archive.Orders.relations]
# archive.Orders: its procedure copy_Orders_chunk would be that of archive.orders too;
# choose another name

[archive.changed_orders]
table = "returns"
finished = "status = 'closed'"
[archive.changed_orders.relations]
# archive.changed_orders: its procedure _note_changed_orders would be that of
# archive.orders too; choose another name
"""


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(MigrationError) as caught:
        read_declaration(write(folder, text))
    return str(caught.value).splitlines()


def relation(folder: Path, line: str) -> Relation:
    declaration = read_declaration(write(folder, RELATIONS + line))
    return declaration.archives[0].relations[0]


def test_the_samples_file_is_read() -> None:
    declaration = read_declaration(SAMPLE.archives)
    (archive,) = declaration.archives
    relations = {relation.name: relation for relation in archive.relations}

    assert declaration.source == "pharmacy"
    assert (archive.name, archive.table, archive.finished) == (
        "orders",
        "orders",
        "status IN ('uncollected', 'cancelled', 'dispensed')",
    )
    assert tuple(sorted(relations)) == SAMPLE_RELATIONS
    assert relations["customers"] == Relation(
        name="customers", table="customers", paths=(RelationPath(of="orders"),)
    )
    assert relations["notes"] == Relation(
        name="notes",
        table="notes",
        paths=(RelationPath(of="orders", on="notes.subject_id = orders.id"),),
        where="notes.subject_type = 'order'",
    )
    assert relations["products"] == Relation(
        name="products",
        table="products",
        paths=(RelationPath(of="order_items"),),
        without=("stock",),
    )


def test_every_key_of_an_archive_is_read(tmp_path: Path) -> None:
    text = (
        ORDERS
        + """
        settled = { column = "closed_at", days = 30 }
        changed_at = "updated_at"
        full_pass_hours = 168
        """
    )

    assert read_declaration(write(tmp_path, text)).archives == (
        Archive(
            name="orders",
            table="orders",
            finished="status = 'closed'",
            settled=Settled(column="closed_at", days=30),
            changed_at="updated_at",
            full_pass_hours=168,
        ),
    )


def test_every_key_of_a_relation_is_read(tmp_path: Path) -> None:
    line = """
        notes = { table = "note", of = "orders", on = "notes.a = orders.b", \
        where = "notes.c = 1", parent = true, without = ["d", "e"], \
        renamed = { f = "g", h = "i" } }
        """

    assert relation(tmp_path, line) == Relation(
        name="notes",
        table="note",
        paths=(RelationPath(of="orders", on="notes.a = orders.b"),),
        where="notes.c = 1",
        is_parent=True,
        without=("d", "e"),
        renamed=(Renamed(old="f", new="g"), Renamed(old="h", new="i")),
    )


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("a = {}\nb = {}", (RelationPath(of="orders"),)),
        ('a = { of = "b" }\nb = {}', (RelationPath(of="b"),)),
        ('a = { of = ["b"] }\nb = {}', (RelationPath(of="b"),)),
        (
            'a = { of = ["orders", "b"] }\nb = {}',
            (RelationPath(of="orders"), RelationPath(of="b")),
        ),
        (
            'a = { of = ["b"], on = "a.id = b.id" }\nb = {}',
            (RelationPath(of="b", on="a.id = b.id"),),
        ),
        (
            'a = { paths = [{ on = "a.x = orders.y" }, { of = "b" }] }\nb = {}',
            (RelationPath(of="orders", on="a.x = orders.y"), RelationPath(of="b")),
        ),
        (
            'a = { paths = [{ on = "a.x = orders.y" }, { on = "a.x = orders.z" }] }',
            (
                RelationPath(of="orders", on="a.x = orders.y"),
                RelationPath(of="orders", on="a.x = orders.z"),
            ),
        ),
    ],
)
def test_a_relation_has_one_path_or_several(
    tmp_path: Path, line: str, paths: tuple[RelationPath, ...]
) -> None:
    assert relation(tmp_path, line).paths == paths


@pytest.mark.parametrize(
    ("line", "is_parent"),
    [
        ("a = {}", None),
        ("a = { parent = true }", True),
        ("a = { parent = false }", False),
    ],
)
def test_parent_is_undecided_until_it_is_said(
    tmp_path: Path, line: str, *, is_parent: bool | None
) -> None:
    assert relation(tmp_path, line).is_parent is is_parent


@pytest.mark.parametrize(
    "text",
    [
        'source = "pharmacy"',
        'source = "pharmacy"\n[archive]',
        "\ufeff" + ORDERS,
        ORDERS.replace("\n", "\r\n"),
        RELATIONS,
        ORDERS + "full_pass_hours = 8784",
        ORDERS + 'settled = { column = "größe", days = 36500 }',
        ORDERS.replace("status = 'closed'", "now = 1 AND o.rand (1) = `utc_date`"),
        ORDERS.replace("status = 'closed'", "note = ';--) @a NOW()'"),
        ORDERS.replace("status = 'closed'", "UNIX_TIMESTAMP(at) > '@' AND b = 'NOW()'"),
        ORDERS.replace("status = 'closed'", "DATE_FORMAT(at, '%Y%%M') < WEEK(at, 3)"),
        ORDERS.replace("status = 'closed'", "version = `select` AND `user` = b.user"),
        ORDERS.replace("status = 'closed'", "note = 'a\\n'").replace("\\n", "\\\\n"),
        RELATIONS + '"order-items 100%" = {}',
        RELATIONS + 'parents = { table = "orders" }\nchildren = { table = "orders" }',
        RELATIONS + 'a = { of = "b" }\nb = { of = "c" }\nc = {}',
        RELATIONS + 'a = { table = "../b", without = [".a/b"] }',
        RELATIONS + 'a = { table = "run" }',
        RELATIONS + 'a = { renamed = { b = "B", c = "d", d = "c" } }',
        RELATIONS + "customers = {}" + RETURNS + "vendors = {}",
    ],
)
def test_what_is_unusual_and_right_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "archives.toml"
    path.write_bytes(text.encode())

    assert read_declaration(path).source


@pytest.mark.parametrize(("text", "mistake"), cases(IN_THE_FILE))
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, mistake: str) -> None:
    assert mistakes(tmp_path, text) == [f"archives.toml: {mistake}"]


@pytest.mark.parametrize(("line", "mistake"), cases(IN_AN_ARCHIVE))
def test_a_mistake_in_an_archive_is_told(
    tmp_path: Path, line: str, mistake: str
) -> None:
    assert mistakes(tmp_path, ORDERS + line) == [
        f"archives.toml: archive.orders.{mistake}"
    ]


@pytest.mark.parametrize(("line", "mistake"), cases(IN_A_RELATION))
def test_a_mistake_in_a_relation_is_told(
    tmp_path: Path, line: str, mistake: str
) -> None:
    assert mistakes(tmp_path, RELATIONS + line) == [
        f"archives.toml: archive.orders.relations.{mistake}"
    ]


@pytest.mark.parametrize(("lines", "mistake"), cases(IN_TWO_ARCHIVES))
def test_a_name_that_two_archives_need_is_told(
    tmp_path: Path, lines: str, mistake: str
) -> None:
    assert mistakes(tmp_path, RELATIONS + lines) == [f"archives.toml: {mistake}"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a\\nb", "found U+000A, which breaks a line of SQL"),
        ("ö`b", "found ` beside a letter beyond ASCII, which no procedure of MySQL"),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        ORDERS.replace(".orders", '."?"'),
        ORDERS.replace('"orders"', '"?"'),
        RELATIONS + '"?" = {}',
        RELATIONS + 'a = { table = "?" }',
    ],
)
def test_a_name_that_no_procedure_takes_is_told(
    tmp_path: Path, text: str, name: str, problem: str
) -> None:
    (mistake,) = mistakes(tmp_path, text.replace("?", name))

    assert problem in mistake


@pytest.mark.parametrize(
    ("text", "key", "most"),
    [
        ('source = "?"', "source", 56),
        (ORDERS.replace(".orders", ".?"), "archive.?", 48),
        (ORDERS.replace('"orders"', '"?"'), "archive.orders.table", 42),
        (ORDERS + 'changed_at = "?"', "archive.orders.changed_at", 64),
        (RELATIONS + "? = {}", "archive.orders.relations.?", 42),
        (RELATIONS + 'a = { table = "?" }', "archive.orders.relations.a.table", 64),
    ],
)
def test_a_name_is_as_long_as_what_is_derived_from_it_allows(
    tmp_path: Path, text: str, key: str, most: int
) -> None:
    fits, too_long = "a" * most, "a" * (most + 1)

    assert read_declaration(write(tmp_path, text.replace("?", fits)))
    (mistake,) = mistakes(tmp_path, text.replace("?", too_long))
    assert mistake.startswith(
        f"archives.toml: {key.replace('?', too_long)}: found {most + 1} characters; "
    )


@pytest.mark.parametrize(
    ("text", "derived"),
    [
        ('source = "?"', "<source>_history"),
        (ORDERS.replace(".orders", ".?"), "_choose_waiting_<name>"),
        (RELATIONS + "? = {}", "<name>_history_before_update"),
    ],
)
def test_a_name_that_is_too_long_is_told_with_what_takes_the_rest(
    tmp_path: Path, text: str, derived: str
) -> None:
    (mistake,) = mistakes(tmp_path, text.replace("?", "a" * 65))

    assert f", since {derived} takes the rest of MySQL's 64" in mistake


@pytest.mark.parametrize(
    ("predicate", "problem"),
    [
        ("status = 1; DROP TABLE orders", "found a semicolon; expected one predicate"),
        ("a = 1) OR (b = 1", 'found ")" without its "("'),
        ("a IN (1, 2", 'found "(" without its ")"'),
        ("a = 'b", "found ' without its second one"),
        ("a = `b", "found ` without its second one"),
        ("a = 1 -- b", "found a comment; write it in TOML, after #"),
        ("a = 1 # b", "found a comment; write it in TOML, after #"),
        ("a = /* b */ 1", "found a comment; write it in TOML, after #"),
        ("a = @b", "found @b; expected no variables"),
        ("@a := b", "found @a; expected no variables"),
        ("`a\\r` = 1", "found U+000D, which breaks a line of SQL"),
        ("`a\\n` = 1", "found U+000A, which breaks a line of SQL"),
    ],
)
@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ORDERS.replace("status = 'closed'", "?"), "finished"),
        (RELATIONS + 'a = { on = "?" }', "relations.a.on"),
        (RELATIONS + 'a = { where = "?" }', "relations.a.where"),
        (RELATIONS + 'a = { paths = [{ on = "?" }] }', "relations.a.paths[0].on"),
    ],
)
def test_a_predicate_that_reaches_beyond_its_place_is_told(
    tmp_path: Path, text: str, key: str, predicate: str, problem: str
) -> None:
    assert mistakes(tmp_path, text.replace("?", predicate)) == [
        f"archives.toml: archive.orders.{key}: {problem}"
    ]


BEYOND = [
    ("closed_at < NOW() - INTERVAL 30 DAY", "now, which changes by itself"),
    ("closed < UNIX_TIMESTAMP ( )", "unix_timestamp, which changes by itself"),
    ("closed_on < CURRENT_DATE", "current_date, which changes by itself"),
    ("closed_on < current_date()", "current_date, which changes by itself"),
    ("RAND(id) < 0.5", "rand, which changes by itself"),
    ("code <> UUID()", "uuid, which changes by itself"),
    ("by = USER()", "user, which differs from session to session"),
    ("by = CURRENT_USER", "current_user, which differs from session to session"),
    ("shop = DATABASE()", "database, which differs from session to session"),
    ("SLEEP(1) = 0", "sleep, which does more than answer"),
    ("GET_LOCK('a', 1)", "get_lock, which does more than answer"),
    ("LOAD_FILE('/a') = a", "load_file, which reads more than the row"),
    ("`Load_File`('/a') = a", "load_file, which reads more than the row"),
    ("`sleep` (1) = 0", "sleep, which does more than answer"),
    ("MATCH (a) AGAINST ('b')", "match, which reads more than the row"),
    ("EXISTS (SELECT 1 FROM payments)", "select, which reads more than the row"),
    ("id IN (TABLE paid)", "table, which reads more than the row"),
    ("FROM_UNIXTIME(t) < a", "from_unixtime, which depends on the session's time_zone"),
    ("MONTHNAME(a) = 'May'", "monthname, which depends on the session's lc_time_names"),
    (
        "DATE_FORMAT(DATE(a), '%Y %b') = b",
        "date_format, which depends on the session's lc_time_names",
    ),
    (
        "WEEK(COALESCE(a, b)) = 1",
        (
            "week, which depends on the session's default_week_format unless it's "
            "given a mode"
        ),
    ),
]


@pytest.mark.parametrize(("predicate", "found"), BEYOND)
def test_finished_depends_on_the_root_alone(
    tmp_path: Path, predicate: str, found: str
) -> None:
    text = ORDERS.replace("status = 'closed'", predicate)

    (mistake,) = mistakes(tmp_path, text)

    assert mistake == (
        f"archives.toml: archive.orders.finished: found {found}; expected a predicate "
        "over the root's columns (time goes in settled)"
    )


@pytest.mark.parametrize(("predicate", "found"), BEYOND)
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('a = { on = "?" }', "on"),
        ('a = { where = "?" }', "where"),
        ('a = { paths = [{ on = "?" }] }', "paths[0].on"),
    ],
)
def test_a_join_depends_on_the_rows_alone(
    tmp_path: Path, line: str, key: str, predicate: str, found: str
) -> None:
    (mistake,) = mistakes(tmp_path, RELATIONS + line.replace("?", predicate))

    assert mistake == (
        f"archives.toml: archive.orders.relations.a.{key}: found {found}; expected a "
        "predicate over columns of the relation and of what it is joined to"
    )


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            'source = "shop"\nsource: "shop"',
            "line 2, column 7: not TOML: Expected '=' after a key in a key/value pair",
        ),
        (
            'source = "shop"\nsource = "shop"\n',
            "line 2, column 16: not TOML: Cannot overwrite a value",
        ),
        (
            'source = "shop\nx = 1',
            "line 1, column 15: not TOML: a string isn't closed",
        ),
        ("source = 'shop", "end of document: not TOML: a string isn't closed"),
        ("source = [", "end of document: not TOML: Invalid value"),
    ],
)
def test_what_is_not_toml_is_told_with_its_place(
    tmp_path: Path, text: str, mistake: str
) -> None:
    assert mistakes(tmp_path, text) == [f"archives.toml: {mistake}"]


def test_what_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "archives.toml"
    path.write_bytes('\n\nsource = "größe"'.encode("latin-1"))

    with pytest.raises(MigrationError) as caught:
        read_declaration(path)

    assert str(caught.value) == "archives.toml: line 3: not UTF-8 text"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "archives.toml"

    with pytest.raises(MigrationError) as caught:
        read_declaration(path)

    assert str(caught.value) == f"{path} can't be read: No such file or directory"


def test_all_mistakes_are_told_at_once_each_on_its_line(tmp_path: Path) -> None:
    text = """
        sauce = "pharmacy"
        [archive.orders]
        tabel = "orders"
        settled = { column = 1, days = 0 }
        [archive.orders.relations]
        items = { of = "orders" }
        notes = { of = "notes", paths = 1, where = "(" }
        a = { of = "b" }
        b = { of = "a" }
        x = { of = ["y", "z"] }
        y = { of = ["x", "z"] }
        z = { paths = [{ of = "y" }, { of = "y", on = "z.a = y.a" }] }
        run = {}
        """

    assert [line.split(": ")[1] for line in mistakes(tmp_path, text)] == [
        "sauce",
        "source",
        "archive.orders.tabel",
        "archive.orders.table",
        "archive.orders.finished",
        "archive.orders.settled.column",
        "archive.orders.settled.days",
        "archive.orders.relations.notes.of",
        "archive.orders.relations.notes.paths",
        "archive.orders.relations.notes.where",
        "archive.orders.relations.a",
        "archive.orders.relations.x",
        "archive.orders.relations.x",
        "archive.orders.relations.y",
        "archive.orders.relations.run",
    ]


def test_a_root_without_a_table_makes_no_other_mistakes(tmp_path: Path) -> None:
    text = ORDERS.replace('table = "orders"', "") + RETURNS.replace(
        'table = "returns"', ""
    )

    assert mistakes(tmp_path, f'{text}a = {{ of = "returns" }}') == [
        'archives.toml: archive.orders.table: missing; an example: table = "orders"',
        'archives.toml: archive.returns.table: missing; an example: table = "returns"',
    ]


@pytest.mark.parametrize("script", [(), ("--sql",)])
def test_alembic_ends_with_the_mistakes_and_touches_no_server(
    tmp_path: Path, script: tuple[str, ...]
) -> None:
    for name in ("migrations", "sql"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    write(tmp_path, ORDERS.replace("source", "sauce"))

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "alembic", "upgrade", "head", *script],
        cwd=tmp_path,
        env={**os.environ, "BYGONES_DATABASE_URL": "mysql://nobody@127.0.0.1:1/shop"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stdout == (
        'FAILED: archives.toml: sauce: unknown key (did you mean "source"?); '
        "known here: source, archive\n"
        'archives.toml: source: missing; an example: source = "shop"\n'
    )


def names(folder: str) -> set[str]:
    files = (f for f in definitions() if f"/sql/{folder}/" in f.as_posix())
    return {re.sub(r"_v\d+$", "", file.stem) for file in files}


def test_all_objects_of_the_samples_archive_have_names_that_are_checked() -> None:
    checked = {name.format("orders") for name in ARCHIVE_OBJECTS} | {
        name.format(table)
        for name in TABLE_OBJECTS
        for table in ("orders", *SAMPLE_RELATIONS)
    }

    assert names("orders") - checked == set()


def test_no_name_of_an_archive_can_be_one_of_bygones_own() -> None:
    derived = [
        re.compile(re.escape(name).replace(r"\{\}", ".+"))
        for name in (*ARCHIVE_OBJECTS, *TABLE_OBJECTS)
    ]

    assert not [n for n in names("control") for d in derived if d.fullmatch(n)]
    assert names("control/tables") | names("control/views") == CONTROL_TABLES
