"""What the usual tools write of a schema is loaded wholly, on either family."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.catalog.reading import read_catalog
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.rehearsal.dump import read_dump
from bygones.sandbox.rehearsal.stage import stage_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bygones.sandbox.rehearsal.stage import Stage
    from bygones.sandbox.server import Server

# Written by hand as each tool writes it: a parent and a child, the first with a key of
# its own and the second with one that points at it, and a comment full of signs.
COMMENT = "it''s; a \\\\ -- `x` /*!50000 y */ \"z\""

MYSQLDUMP_5 = f"""\
-- MySQL dump 10.13  Distrib 5.7.44, for Linux (x86_64)
--
-- Host: db1.example    Database: shop
-- ------------------------------------------------------
-- Server version\t5.7.44-log

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED='3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5,
4E11FA47-71CA-11E1-9E33-C80AA9429562:1-77';

--
-- Current Database: `shop`
--
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8 */;

USE `shop`;

DROP TABLE IF EXISTS `child`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8 */;
CREATE TABLE `child` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `parent_id` int(11) DEFAULT NULL COMMENT '{COMMENT}',
  `seen` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `never` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `first` timestamp NOT NULL DEFAULT '1970-01-01 00:00:01',
  PRIMARY KEY (`id`),
  KEY `parent_id` (`parent_id`) USING BTREE,
  CONSTRAINT `child_fk` FOREIGN KEY (`parent_id`) REFERENCES `parent` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=utf8;
/*!40101 SET character_set_client = @saved_cs_client */;
--
-- Dumping data for table `child`
--
LOCK TABLES `child` WRITE;
/*!40000 ALTER TABLE `child` DISABLE KEYS */;
INSERT INTO `child` VALUES (1,NULL,'2020-01-01 00:00:00','it''s; \\'),(');
/*!40000 ALTER TABLE `child` ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
/*!50003 SET character_set_client  = sjis */ ;
/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `no` BEFORE
INSERT ON `child` FOR EACH ROW BEGIN SET NEW.parent_id = 1; /* it's */ SET @a = '\\';
END */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
/*!50003 SET character_set_client  = @saved_cs_client */ ;
CREATE TABLE `parent` (
  `id` int(11) NOT NULL,
  `state` enum('a','b;c','d''e') COLLATE utf8_unicode_ci NOT NULL DEFAULT 'a',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci;
/*!50106 SET @save_time_zone= @@TIME_ZONE */ ;
DELIMITER ;;
/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY
DO DELETE FROM child */ ;;
DELIMITER ;
/*!50106 SET TIME_ZONE= @save_time_zone */ ;
SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
-- Dump completed on 2024-01-01  0:00:00
"""
MYSQLDUMP_9 = f"""\
-- MySQL dump 10.13  Distrib 9.1.0, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version\t9.1.0
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5';
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4
COLLATE utf8mb4_bin */ /*!80016 DEFAULT ENCRYPTION='N' */;
USE `shop`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `parent` (
  `id` int NOT NULL /*!80023 INVISIBLE */,
  `state` set('x','y') DEFAULT 'x,y',
  PRIMARY KEY (`id`)
) /*!50100 TABLESPACE `fast` */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
 /*!80016 ENCRYPTION='Y' */;
CREATE TABLE `child` (
  `id` int NOT NULL,
  `parent_id` int DEFAULT NULL COMMENT '{COMMENT}',
  `twice` int GENERATED ALWAYS AS ((`parent_id` * 2)) VIRTUAL,
  `price` decimal(10,2) NOT NULL DEFAULT '0.00',
  PRIMARY KEY (`id`),
  KEY `parent_id` (`parent_id`) /*!80000 INVISIBLE */,
  CONSTRAINT `child_fk` FOREIGN KEY (`parent_id`) REFERENCES `parent` (`id`)
  ON DELETE CASCADE,
  CONSTRAINT `price_ck` CHECK ((`price` >= 0))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='a; b';
/*!50001 CREATE VIEW `late` AS SELECT
 1 AS `id`,
 1 AS `parent_id`*/;
/*!80002 ANALYZE TABLE `child` UPDATE HISTOGRAM ON `price` WITH 10 BUCKETS */;
ALTER DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ;
/*!50001 DROP VIEW IF EXISTS `late`*/;
/*!50001 SET @saved_col_connection     = @@collation_connection */;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`a`@`%` SQL SECURITY DEFINER */
/*!50001 VIEW `late` AS select `child`.`id` AS `id` from `child` */;
/*!50001 SET collation_connection      = @saved_col_connection */;
"""

MARIADB_DUMP = f"""\
/*M!999999\\- enable the sandbox mode */\x20
-- MariaDB dump 10.19-11.4.2-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version\t11.4.2-MariaDB
/*!40101 SET NAMES utf8mb4 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;
SET GLOBAL gtid_slave_pos='0-1-2';
DROP TABLE IF EXISTS `parent`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `parent` (
  `id` int(11) NOT NULL,
  `state` varchar(9) DEFAULT NULL CHECK (`state` in ('a','b')),
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `child` (
  `id` int(11) NOT NULL,
  `parent_id` int(11) DEFAULT NULL COMMENT '{COMMENT}',
  `at` datetime(6) DEFAULT current_timestamp(6),
  `blob` blob /*M!100301 COMPRESSED*/ DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `parent_id` (`parent_id`),
  CONSTRAINT `child_fk` FOREIGN KEY (`parent_id`) REFERENCES `parent` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 /*M! `ENCRYPTED`=YES */;
/*!40101 SET character_set_client = @saved_cs_client */;
/*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;
"""

WORKBENCH = f"""\
-- MySQL Workbench Forward Engineering
SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0;
SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES';
CREATE SCHEMA IF NOT EXISTS `shop` DEFAULT CHARACTER SET utf8 ;
USE `shop` ;
CREATE TABLE IF NOT EXISTS `shop`.`parent` (
  `id` INT NOT NULL,
  `state` VARCHAR(45) NULL,
  PRIMARY KEY (`id`))
ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS `shop`.`child` (
  `id` INT NOT NULL,
  `parent_id` INT NULL COMMENT '{COMMENT}',
  PRIMARY KEY (`id`),
  INDEX `parent_idx` (`parent_id` ASC) /*!80000 VISIBLE */,
  CONSTRAINT `child_fk`
    FOREIGN KEY (`parent_id`)
    REFERENCES `shop`.`parent` (`id`)
    ON DELETE NO ACTION ON UPDATE NO ACTION)
ENGINE = InnoDB;
SET SQL_MODE=@OLD_SQL_MODE;
SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS;
"""

PHPMYADMIN = f"""\
-- phpMyAdmin SQL Dump
-- Server version: 10.4.32-MariaDB
SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
START TRANSACTION;
SET time_zone = "+00:00";
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `parent` (
  `id` int(11) NOT NULL,
  `state` text CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `child` (
  `id` int(11) NOT NULL,
  `parent_id` int(11) DEFAULT NULL COMMENT '{COMMENT}'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `parent` (`id`, `state`) VALUES
(1, 'it\\'s; one'),
(2, NULL);
ALTER TABLE `parent`
  ADD PRIMARY KEY (`id`);
ALTER TABLE `child`
  ADD PRIMARY KEY (`id`),
  ADD KEY `parent_id` (`parent_id`);
ALTER TABLE `child`
  MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=3;
ALTER TABLE `child`
  ADD CONSTRAINT `child_fk` FOREIGN KEY (`parent_id`) REFERENCES `parent` (`id`);
COMMIT;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
"""

HEIDISQL = f"""\
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8 */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
CREATE DATABASE IF NOT EXISTS `shop` /*!40100 DEFAULT CHARACTER SET latin1 */;
USE `shop`;
CREATE TABLE IF NOT EXISTS `child` (
  `id` int(11) NOT NULL,
  `parent_id` int(11) DEFAULT NULL COMMENT '{COMMENT}',
  PRIMARY KEY (`id`),
  CONSTRAINT `child_fk` FOREIGN KEY (`parent_id`) REFERENCES `parent` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 ROW_FORMAT=DYNAMIC;
/*!40000 ALTER TABLE `child` DISABLE KEYS */;
REPLACE INTO `child` (`id`) VALUES (1);
CREATE TABLE IF NOT EXISTS `parent` (
  `id` int(11) NOT NULL,
  `state` char(1) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
/*!40103 SET TIME_ZONE=IFNULL(@OLD_TIME_ZONE, 'system') */;
/*!40014 SET FOREIGN_KEY_CHECKS=IFNULL(@OLD_FOREIGN_KEY_CHECKS, 1) */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
"""

# As mysqldump --compatible=ansi has it, with MySQL's own quotes for values.
ANSI = f"""\
/*!40101 SET NAMES latin1 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ANSI' */;
CREATE TABLE "parent" (
  "id" int NOT NULL,
  "state" varchar(9) DEFAULT '"',
  PRIMARY KEY ("id")
);
CREATE TABLE "child" (
  "id" int NOT NULL,
  "parent_id" int DEFAULT NULL COMMENT '{COMMENT}',
  PRIMARY KEY ("id"),
  CONSTRAINT "child_fk" FOREIGN KEY ("parent_id") REFERENCES "parent" ("id")
);
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
"""

BY_HAND = f"""\
# made by hand
delimiter //
create table parent (id int primary key, state char(1), engine char, check (id > 0))//
create table child (id serial, parent_id int comment '{COMMENT}', delimiter char(1),
  foreign key (parent_id) references parent(id)) comment="it's" // delimiter ;
create index i on child (delimiter)
"""

TOOLS = {
    "mysqldump 5.7": MYSQLDUMP_5,
    "mysqldump 9": MYSQLDUMP_9,
    "mariadb-dump 11": MARIADB_DUMP,
    "Workbench": WORKBENCH,
    "phpMyAdmin": PHPMYADMIN,
    "HeidiSQL": HEIDISQL,
    "mysqldump in ANSI's quotes": ANSI,
    "a person": BY_HAND,
}

COMMENTED = """
SELECT column_comment FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = 'child' AND column_name = 'parent_id'
"""


@pytest.fixture
def stage(server: Server) -> Iterator[Stage]:
    with stage_on(server, Narrator()) as stage:
        yield stage


@pytest.mark.core
@pytest.mark.parametrize("tool", TOOLS)
def test_a_dump_of_a_usual_tool_is_loaded_wholly(
    tool: str, stage: Stage, tmp_path: Path
) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(TOOLS[tool], encoding="utf-8")
    dump = read_dump(path)

    with stage.session(stage.shop.source) as loader:
        dump.load(loader)
        catalog = read_catalog(loader, stage.shop.source)
        with loader.cursor() as cursor:
            cursor.execute(COMMENTED)
            [[comment]] = cursor.fetchall()

    tables = [table for table in catalog.tables.values() if not table.is_view]
    child, parent = catalog.tables["child"], catalog.tables["parent"]
    [key] = child.foreign_keys
    assert [table.name for table in tables] == ["child", "parent"]
    assert (key.to_table, key.to_columns) == ("parent", ("id",))
    assert child.primary_key[:1] or child.indexes
    assert parent.primary_key == ("id",)
    assert parent.column("state") is not None
    assert comment == 'it\'s; a \\ -- `x` /*!50000 y */ "z"'
