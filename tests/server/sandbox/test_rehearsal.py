"""A team's dump goes the whole way, or it's said why not."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bygones.compiler.errors import MigrationError
from bygones.compiler.project import Project
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.rehearsal.__main__ import main
from bygones.sandbox.rehearsal.rehearsal import Wanted, rehearse
from bygones.sandbox.sample import SAMPLE
from tests.support.aggregates.tpch import TPCH
from tests.support.procedures import value

if TYPE_CHECKING:
    from collections.abc import Callable

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop

HEADS = {
    "mysql": """\
-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version\t8.0.36
/*!50503 SET NAMES utf8mb4 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '6b193ebc-e717-11f1-84a3-02fc00000001:1-5';
""",
    "mariadb": """\
/*M!999999\\- enable the sandbox mode */\x20
-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version\t10.11.6-MariaDB-0+deb12u1
/*!40101 SET NAMES utf8mb4 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
""",
}

# Two tables that point at each other, keys that share a column, texts for a status, and
# predicates of all kinds; beside all that mustn't be run.
SHOP = """
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARSET latin1 */;
USE `shop`;
CREATE TABLE tenants (id INT NOT NULL, name VARCHAR(20), PRIMARY KEY (id));
CREATE TABLE statuses (code VARCHAR(20) PRIMARY KEY, label TEXT NOT NULL);
CREATE TABLE `orders` (
  `tenant_id` int(11) NOT NULL,
  `id` bigint(20) unsigned NOT NULL,
  `number` char(8) NOT NULL,
  `status` varchar(20) NOT NULL,
  `total` decimal(10,2) NOT NULL DEFAULT 0.00,
  `paid` decimal(10,2) DEFAULT NULL,
  `placed_on` date NOT NULL DEFAULT '0000-00-00',
  `closed_at` timestamp NULL,
  `last_event_id` int DEFAULT NULL,
  `is_open` tinyint(1) GENERATED ALWAYS AS (`closed_at` is null) VIRTUAL,
  PRIMARY KEY (`tenant_id`,`id`),
  UNIQUE KEY `orders_number_uq` (`number`),
  CONSTRAINT `paid_ck` CHECK (`paid` <= `total`),
  CONSTRAINT `closed_ck` CHECK (`closed_at` >= '2001-01-01'),
  CONSTRAINT `o_t` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`),
  CONSTRAINT `o_s` FOREIGN KEY (`status`) REFERENCES `statuses` (`code`)
);
CREATE TABLE products (
  tenant_id INT NOT NULL,
  sku VARCHAR(30) NOT NULL,
  kind ENUM('a','b;''c') NOT NULL,
  parent_sku VARCHAR(30),
  price DECIMAL(6,2) UNSIGNED NOT NULL CHECK (price > 5 AND price < 6),
  PRIMARY KEY (tenant_id, sku),
  CONSTRAINT p_t FOREIGN KEY (tenant_id) REFERENCES tenants (id),
  CONSTRAINT p_p FOREIGN KEY (tenant_id, parent_sku)
  REFERENCES products (tenant_id, sku)
);
CREATE TABLE order_items (
  tenant_id INT NOT NULL,
  order_id BIGINT UNSIGNED NOT NULL,
  line TINYINT NOT NULL,
  sku VARCHAR(30) NOT NULL,
  PRIMARY KEY (tenant_id, order_id, line),
  CONSTRAINT i_o FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
  CONSTRAINT i_p FOREIGN KEY (tenant_id, sku) REFERENCES products (tenant_id, sku)
);
CREATE TABLE events (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tenant_id INT NOT NULL,
  order_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(10) NOT NULL,
  UNIQUE KEY (tenant_id, order_id, kind),
  CONSTRAINT e_o FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);
CREATE TABLE remarks (body TEXT, owner VARCHAR(40), owner_id BIGINT UNSIGNED);
ALTER TABLE orders ADD FOREIGN KEY (last_event_id) REFERENCES events (id);
/*!50001 CREATE VIEW `late` AS SELECT
 1 AS `id` */;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`gone`@`%`*/ /*!50003 TRIGGER `no` BEFORE INSERT
ON `orders` FOR EACH ROW BEGIN SIGNAL SQLSTATE '45000'; END */;;
CREATE DEFINER=`gone`@`%` PROCEDURE `no`() BEGIN SELECT 1; SELECT ';'; END ;;
DELIMITER ;
LOCK TABLES `tenants` WRITE;
INSERT INTO `tenants` VALUES (1,'a patient; and more');
/*!50001 DROP VIEW IF EXISTS `late`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`gone`@`%` SQL SECURITY DEFINER */
/*!50001 VIEW `late` AS select `orders`.`id` AS `id` from `orders` */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
"""

SHOPS_ARCHIVES = """
source = "shop"

[archive.orders]
table    = "orders"
finished = "status IN ('done', 'void') AND is_open = 0 AND NOT paid < total"
settled  = { column = "closed_at", days = 400 }

[archive.orders.relations]
order_items = {}
events      = { on = "events.tenant_id = orders.tenant_id AND order_id = orders.id" }
last_event  = { table = "events", on = "last_event.id = orders.last_event_id" }
products    = { of = "order_items" }
tenants     = {}
statuses    = {}

[archive.orders.relations.parent_products]
table = "products"
of    = "products"
on    = '''
parent_products.tenant_id = products.tenant_id
AND parent_products.sku = products.parent_sku'''

[archive.orders.relations.remarks]
on     = "remarks.owner_id = orders.id"
where  = "remarks.owner LIKE 'order%'"
parent = false
"""

NOTES = "CREATE TABLE notes (id INT PRIMARY KEY, state VARCHAR(9), done_at DATETIME);"
NOTES_ARCHIVES = """
source = "shop"

[archive.notes]
table    = "notes"
finished = "state = 'done' AND done_at IS NOT NULL"
"""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal said, in words and in facts."""

    said: str
    facts: dict[str, Any]
    complaints: list[str]


class Team:
    """A team with a dump and an archives.toml, beside a server."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.project = Project(folder)
        self.dump = folder / "dump.sql"
        self.capsys = capsys

    def rehearse(
        self,
        dump: str,
        archives: str | None,
        *,
        roots: int = 60,
        root: str | None = None,
    ) -> Rehearsed:
        self.dump.write_text(dump, encoding="utf-8")
        if archives is not None:
            self.project.archives.write_text(archives, encoding="utf-8")
        return self.rehearse_again(roots=roots, root=root)

    def rehearse_again(
        self,
        *,
        roots: int = 60,
        root: str | None = None,
        project: Project | None = None,
    ) -> Rehearsed:
        narrator = Narrator()
        facts: dict[str, Any] = {}
        wanted = Wanted(
            schema=str(self.dump),
            roots=roots,
            root=root,
            project=project or self.project,
        )
        rehearse(wanted, narrator, facts)
        return Rehearsed(self.capsys.readouterr().out, facts, narrator.complaints)


@pytest.fixture
def team(
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Team:
    monkeypatch.setenv("BYGONES_TEST_URL", server.url)
    # A rehearsal has no business there.
    monkeypatch.setenv("BYGONES_DATABASE_URL", "mysql://nobody@production.invalid/shop")
    return Team(tmp_path, capsys)


@pytest.mark.core
def test_every_finished_root_of_a_dump_is_copied_with_all_its_relations(
    team: Team, server: Server, admin: pymysql.Connection[Cursor]
) -> None:
    done = team.rehearse(HEADS[server.family] + SHOP, SHOPS_ARCHIVES, roots=300)

    facts = done.facts["archives"]["orders"]
    assert done.complaints == []
    assert "7 tables, all of them empty." in done.said
    assert "1 INSERT, 1 procedure, 1 trigger, 1 view." in done.said
    assert "270 of 300 rows of orders are finished." in done.said
    assert "didn't fit" not in done.said
    assert "not rehearsed" not in done.said
    assert (facts["finished"], facts["copied"]) == (270, 270)
    # Each with its items, events and remarks, and seldom without a parent.
    assert facts["rows"] > 270 * (1 + 3 + 3 + 3 + 3)
    assert facts["chunks"] >= 1
    assert facts["bytes_per_root"] > 500
    [missing] = facts["missing_indexes"]
    assert missing["create"] in done.said
    assert missing["create"] == (
        "CREATE INDEX `remarks_owner_id_ix` ON `shop`.`remarks` (`owner_id`);"
    )
    left = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE %s"
    assert value(admin, left, f"rehearsal_{os.getpid()}%") == 0


def test_what_mysqldump_writes_of_the_pharmacy_is_rehearsed(
    team: Team, server: Server, make_shop: Callable[..., OpenShop]
) -> None:
    program = Path((server.client or ["mysql"])[-2]).with_name("mysqldump")
    if server.family != "mysql" or not server.client or not program.is_file():
        pytest.skip("there is no mysqldump here")
    shop = make_shop(finished=1, installed=False)
    with shop.admin.cursor() as cursor:
        cursor.execute("CREATE VIEW late AS SELECT o.id FROM orders AS o")
        cursor.execute(
            "CREATE DEFINER = gone@nowhere TRIGGER no BEFORE INSERT ON orders"
            " FOR EACH ROW SIGNAL SQLSTATE '45000'"
        )
    socket = server.url.partition("unix_socket=")[2]
    command = [*server.client[:-2], str(program), "--no-defaults", f"-S{socket}"]
    options = ["--user=root", "--no-data", "--routines", "--databases", shop.source]
    with team.dump.open("w") as dump:
        subprocess.run(  # noqa: S603 - the client that was unpacked here
            [*command, *options], stdout=dump, stderr=subprocess.DEVNULL, check=True
        )

    done = team.rehearse_again(project=SAMPLE)

    assert done.complaints == []
    assert "12 tables" in done.said
    assert "Left out of the dump: 1 trigger, 1 view." in done.said
    assert "It is the sample's" in done.said
    assert done.facts["archives"]["orders"]["copied"] == 54
    assert "not rehearsed" not in done.said


def test_tpch_is_rehearsed(team: Team) -> None:
    done = team.rehearse(TPCH.tables, f'source = "written"\n{TPCH.archives}')

    assert done.complaints == []
    assert done.facts["archives"]["orders"]["copied"] == 54
    assert "didn't fit" not in done.said
    assert "not rehearsed" not in done.said


def test_an_archive_can_be_proposed_for_a_root(team: Team, server: Server) -> None:
    done = team.rehearse(HEADS[server.family] + SHOP, None, root="orders")

    assert "What can be proposed for orders" in done.said
    assert "Nothing tells which rows of orders are finished" not in done.said
    assert done.complaints == []
    assert done.facts["archives"]["orders"]["copied"] > 30


def test_roots_that_no_value_finishes_are_a_complaint_with_their_columns(
    team: Team,
) -> None:
    archives = NOTES_ARCHIVES.replace("state = 'done'", "SHA2(state, 256) LIKE 'abcd%'")

    done = team.rehearse(NOTES, archives)

    [complaint] = done.complaints
    assert complaint.startswith("No values were found for state, done_at by which")
    assert done.facts["archives"]["notes"]["copied"] == 0


def test_a_relation_that_made_up_rows_cannot_follow_is_named(team: Team) -> None:
    pages = "CREATE TABLE pages (id INT PRIMARY KEY, note VARCHAR(40), KEY (note));"
    archives = (
        f"{NOTES_ARCHIVES}\n[archive.notes.relations.pages]\n"
        "on = \"pages.note = CONCAT('note ', notes.id)\"\nparent = false\n"
    )

    done = team.rehearse(NOTES + pages, archives)

    facts = done.facts["archives"]["notes"]
    [complaint] = done.complaints
    assert complaint.startswith("notes: not rehearsed: pages. No made-up row is joined")
    assert facts["relations_not_rehearsed"] == ["pages"]
    assert (facts["copied"], facts["relations"]) == (54, [])


# Each: a dump, what archives.toml says, and what the error says.
REFUSED = {
    "no archives.toml": (NOTES, None, "archives.toml isn't there, so nothing is"),
    "no table": ("USE shop;", NOTES_ARCHIVES, "creates no table; make it by"),
    "no text": ("CREATE TABLE a (\0);", NOTES_ARCHIVES, "isn't text"),
    "no SQL": (
        f"-- a dump\n\n{NOTES}\nHello, CREATE\nworld;\n",
        NOTES_ARCHIVES,
        "line 4: HELLO isn't run here, only definitions of tables, indexes and",
    ),
    "a mistake in the third line": (
        "CREATE TABLE a (\n  b INT,\n  c INT INT\n);",
        NOTES_ARCHIVES,
        "line 3: the server refuses it: You have an error in your SQL syntax",
    ),
    "two schemas": (
        f"USE shop;\n{NOTES}\nUSE `blog`;\n{NOTES}",
        NOTES_ARCHIVES,
        "holds tables of 2 schemas, shop, blog",
    ),
    "tables that the archive isn't of": (
        "CREATE TABLE note (id INT PRIMARY KEY);",
        NOTES_ARCHIVES,
        'archive.notes.table: found "notes" (did you mean "note"?)',
    ),
    "columns that the archive isn't of": (
        NOTES.replace("state", "stat"),
        NOTES_ARCHIVES,
        'archive.notes.finished: found "state" (did you mean "stat"?)',
    ),
    "a view": (
        "CREATE TABLE a (id INT); CREATE VIEW notes AS SELECT 1 AS id;",
        NOTES_ARCHIVES,
        '"notes" is a view; archive the tables that it reads',
    ),
    "a CHECK that nothing made up meets": (
        NOTES.replace("(9)", "(9) NOT NULL CHECK (SHA2(state, 256) LIKE 'abcd%')"),
        NOTES_ARCHIVES,
        "No made-up row fits into notes: ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_rehearsed_is_said_in_a_sentence(name: str, team: Team) -> None:
    dump, archives, expected = REFUSED[name]

    with pytest.raises((SandboxError, MigrationError)) as refused:
        team.rehearse(dump, archives, roots=10)

    assert expected in str(refused.value)


def test_the_command_ends_in_json_and_code_0_where_all_was_copied(team: Team) -> None:
    team.dump.write_text("CREATE TABLE bare (id INT PRIMARY KEY);")

    code = main(["--roots", "20", "--root", "bare", str(team.dump)])

    said = team.capsys.readouterr().out
    last = json.loads(said.splitlines()[-1])
    assert code == 0
    assert "Nothing tells which rows of bare are finished" in said
    assert last["archives"]["bare"]["copied"] == 20
    assert last["archives"]["bare"]["relations"] == []
    assert "complaints" not in last
    assert "Everything held: bare, which has no relations.\n" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "No dump is named: make rehearse SCHEMA=dump.sql; make one by:"),
        (["--root", "notes", "nowhere.sql"], "nowhere.sql can't be read: No such file"),
    ],
)
def test_the_command_ends_in_a_complaint_and_code_1_where_nothing_was(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)

    *story, facts = capsys.readouterr().out.splitlines()
    [complaint] = json.loads(facts)["complaints"]
    assert code == 1
    assert complaint.startswith(expected)
    assert [line.strip() for line in story].count(complaint) == 1
    assert "Not as it should be" not in "".join(story)


def test_no_name_of_a_dump_moves_the_screens_cursor(team: Team) -> None:
    name = "a\x1b[2J\x9b\u202eb"
    team.dump.write_text(
        f"USE `{name}`; CREATE TABLE a (b INT); USE c; CREATE TABLE d;"
    )

    code = main(["--root", name, str(team.dump)])

    said = team.capsys.readouterr().out
    assert code == 1
    assert "holds tables of 2 schemas, a?[2J??b, c;" in said
    assert all(line.isprintable() for line in said.splitlines())
    [complaint] = json.loads(said.splitlines()[-1])["complaints"]
    assert name in complaint


def test_a_number_of_roots_that_cannot_be_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--roots", "0", "dump.sql"])

    assert "found '0'; expected a whole number from 1" in capsys.readouterr().err
