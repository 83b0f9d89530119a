-- What all revisions of the sample come to, on MySQL. `make schema` writes it:
-- change what lies in sql/control, or a template.

CREATE TABLE `archive` (
  `name` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'As declared in archives.toml',
  `pass` int unsigned NOT NULL DEFAULT '1' COMMENT 'The full pass that is under way, or ended last',
  `pass_started_at` datetime(6) NOT NULL COMMENT 'UTC',
  `pass_seconds` int unsigned NOT NULL DEFAULT '86400' COMMENT 'From the start of one full pass to that of the next',
  `target_ms` int unsigned NOT NULL DEFAULT '200' COMMENT 'Milliseconds of work before COMMIT that a chunk aims at',
  `pace` int unsigned NOT NULL DEFAULT '100' COMMENT 'Percent of the time that copying may take; the runner rests in between',
  `max_size` int unsigned NOT NULL DEFAULT '10000' COMMENT 'The most roots in a chunk, unless the caller asks for more',
  `max_root_rows` int unsigned NOT NULL DEFAULT '1000000' COMMENT 'A root with more rows than this, of all relations, is quarantined',
  `waiting_cap` int unsigned NOT NULL DEFAULT '250000' COMMENT 'The most waiting roots to note in a lane; past it, rechecks become scans',
  `max_threads_running` int unsigned DEFAULT '25' COMMENT 'No chunk starts while more threads run; NULL: not watched',
  `max_row_lock_waits` int unsigned DEFAULT '10' COMMENT 'No chunk starts while more wait for a row lock; NULL: not watched',
  `max_history_list_length` int unsigned DEFAULT '1000000' COMMENT 'No chunk starts while InnoDB has more to purge; NULL: not watched',
  `prove_every` int unsigned NOT NULL DEFAULT '16' COMMENT 'One chunk in so many is compared with the source, byte for byte',
  `last_lane` int unsigned NOT NULL DEFAULT '0' COMMENT 'The greatest number that a lane ever had: none is used again',
  `last_run` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'The greatest number of a run of this archive',
  `quarantine_cycle` int unsigned NOT NULL DEFAULT '1' COMMENT 'Each pass and each retry_quarantine begins one: all are tried again',
  `key_warning` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'What speaks for keys that came twice, at the start of this pass; or NULL',
  `paused_at` datetime(6) DEFAULT NULL COMMENT 'UTC; NULL while not paused',
  `paused_by` varchar(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'USER() of pause_archive',
  `pause_reason` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  PRIMARY KEY (`name`),
  CONSTRAINT `archive_max_size_ck` CHECK ((`max_size` between 1 and 10000)),
  CONSTRAINT `archive_pace_ck` CHECK ((`pace` between 10 and 100)),
  CONSTRAINT `archive_prove_every_ck` CHECK ((`prove_every` >= 1)),
  CONSTRAINT `archive_target_ms_ck` CHECK ((`target_ms` between 20 and 5000))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row an archive: its pass, its settings, its pause.';

CREATE TABLE `batches_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `order_item_id` bigint unsigned NOT NULL,
  `lot` varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `units` decimal(8,3) DEFAULT NULL,
  `expires_on` date DEFAULT NULL,
  `seal` varbinary(32) DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`order_item_id`,`lot`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The batches of the orders in history.';

CREATE TABLE `canary_copy` (
  `part` enum('root','relation') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `changes` int unsigned NOT NULL,
  PRIMARY KEY (`part`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='What a probe copies, in the place of history; else empty.';

CREATE TABLE `canary_relation` (
  `id` tinyint unsigned NOT NULL COMMENT '1: there is one row',
  `changes` int unsigned NOT NULL COMMENT 'The same in canary_root and canary_relation at any instant',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='Read last by the probe, in the place of what goes with an order.';

CREATE TABLE `canary_root` (
  `id` tinyint unsigned NOT NULL COMMENT '1: there is one row',
  `changes` int unsigned NOT NULL COMMENT 'The same in canary_root and canary_relation at any instant',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='Read first by the probe, in the place of an order.';

CREATE TABLE `chunk` (
  `id` bigint unsigned NOT NULL COMMENT 'history_chunk of its roots: lane * 4294967296 + 1, 2 and so on',
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `lane` int unsigned NOT NULL,
  `pass` int unsigned NOT NULL,
  `shape` int unsigned NOT NULL COMMENT 'The generation of columns and relations that it copied',
  `roots` int unsigned NOT NULL DEFAULT '0',
  `related_rows` int unsigned NOT NULL DEFAULT '0',
  `relation_rows` json DEFAULT NULL COMMENT 'Rows copied of each relation',
  `examined` int unsigned NOT NULL DEFAULT '0' COMMENT 'Keys, or waiting roots',
  `quarantined` int unsigned NOT NULL DEFAULT '0',
  `tries` int unsigned NOT NULL DEFAULT '1' COMMENT 'More than 1: it was too slow, or a root failed',
  `cursor_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'Where the cursor of its lane stood when it ended',
  `started_at` datetime(6) NOT NULL COMMENT 'UTC',
  `seconds` decimal(12,6) NOT NULL DEFAULT '0.000000' COMMENT 'Of work before COMMIT',
  `called_by` varchar(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'USER()',
  `connection_id` bigint unsigned NOT NULL,
  `is_compared` tinyint(1) NOT NULL DEFAULT '0' COMMENT '1: it was compared with the source, byte for byte, at the same instant',
  PRIMARY KEY (`archive`,`id`),
  KEY `chunk_started_at_ix` (`archive`,`started_at`),
  KEY `chunk_connection_id_ix` (`connection_id`,`started_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a CALL that copied; never changed after its COMMIT.';

CREATE TABLE `customers_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` int unsigned NOT NULL,
  `name` varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `city` varchar(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  `born_on` date DEFAULT NULL,
  `consents` set('email','phone','research') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  `preferences` json DEFAULT NULL,
  `changed_at` timestamp(3) NULL DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The customers of the orders in history, once per root, as they were.';

CREATE TABLE `deliveries_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `order_id` bigint NOT NULL,
  `address` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `delivered_at` datetime DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`order_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The deliveries of the orders in history.';

CREATE TABLE `difference` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `chunk_id` bigint unsigned NOT NULL,
  `place` smallint unsigned NOT NULL,
  `relation` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `root_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `too_few` int unsigned NOT NULL,
  `too_many` int unsigned NOT NULL,
  `column_names` text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'NULL: rows have no key to tell which one is another',
  PRIMARY KEY (`archive`,`chunk_id`,`place`,`root_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='What the comparison of a chunk has found, until it is done; see finding.';

CREATE TABLE `failure` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `failed_at` datetime(6) NOT NULL COMMENT 'UTC',
  `connection_id` bigint unsigned NOT NULL,
  `called_by` varchar(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'USER()',
  `step` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'What the CALL was doing; it copied nothing',
  `errno` int unsigned NOT NULL,
  `sqlstate_code` char(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`archive`,`failed_at`,`connection_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a CALL that failed; never a value of a row.';

CREATE TABLE `finding` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `root_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'JSON array of strings: ["17"]',
  `place` smallint unsigned NOT NULL DEFAULT '0' COMMENT 'Of the relation among those of the archive; 0: the root',
  `relation` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'Or the root itself; empty where the root is missing',
  `kind` enum('missing','incomplete','different') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'incomplete: history lacks rows; different: it has others, or too many',
  `too_few` int unsigned NOT NULL DEFAULT '0' COMMENT 'Rows that history lacks',
  `too_many` int unsigned NOT NULL DEFAULT '0' COMMENT 'Rows that the source lacks',
  `column_names` text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'That differ in a row that both have; never a value',
  `chunk_id` bigint unsigned DEFAULT NULL COMMENT 'The chunk that copied it; NULL: none did',
  `pass` int unsigned NOT NULL COMMENT 'The verification that found it so last',
  `found_at` datetime(6) NOT NULL COMMENT 'UTC; when it was found first',
  `seen_at` datetime(6) NOT NULL COMMENT 'UTC; when it was found so last',
  PRIMARY KEY (`archive`,`root_key`,`place`),
  KEY `finding_pass_ix` (`archive`,`pass`,`kind`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a relation of a root in which history is not what the source is.';

CREATE TABLE `labels_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` int unsigned NOT NULL,
  `name` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The labels of the orders in history, once per root, as they were.';

CREATE TABLE `lane` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `number` int unsigned NOT NULL,
  `from_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'Root keys above this one; NULL is open-ended',
  `upto_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'Root keys up to this one; NULL is open-ended',
  `cursor_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'The greatest root key that the pass examined; NULL is before the first',
  `mark_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'The greatest ever examined: above it nothing is in history or waiting',
  `waiting_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'How far the recheck of waiting roots has come; NULL is before the first',
  `phase` enum('scan','closing','tail','recheck') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'scan' COMMENT 'What comes next; _advance_lane alone moves it',
  `passed_at` datetime(6) DEFAULT NULL COMMENT 'UTC; when its last pass ended',
  `changed_from` decimal(20,6) DEFAULT NULL COMMENT 'Seconds since 1970: a recheck takes what changed since (changed_at)',
  `at_cycle` int unsigned NOT NULL DEFAULT '0' COMMENT 'Of rechecks, as the CALL that works here now counts them',
  `rechecks` int unsigned NOT NULL DEFAULT '0' COMMENT 'That came to their end; lanes take turns, a cycle at a time',
  `worked_at` datetime(6) DEFAULT NULL COMMENT 'UTC; when a CALL advanced it last',
  `series` int unsigned NOT NULL DEFAULT '0' COMMENT 'Of CALLs soon after one another; counts up when none came for a while',
  `recheck_series` int unsigned NOT NULL DEFAULT '0' COMMENT 'The series in which the recheck under way, or the last one, began',
  `size` int unsigned NOT NULL DEFAULT '1000' COMMENT 'Rows in the next chunk, of roots and relations; learned from the clock',
  `rows_per_root` decimal(12,2) NOT NULL DEFAULT '10.00' COMMENT 'Of a root and its relations; learned',
  `fixed_ms` decimal(12,3) NOT NULL DEFAULT '0.000' COMMENT 'What a chunk takes however few rows it has; learned',
  `last_rows` int unsigned DEFAULT NULL COMMENT 'Of the chunk that was learned from last',
  `last_ms` decimal(12,3) DEFAULT NULL COMMENT 'Which took so long',
  `key_window` int unsigned NOT NULL DEFAULT '2000' COMMENT 'Keys that a chunk examines at most; learned where few roots are finished',
  `noted` int unsigned NOT NULL DEFAULT '0' COMMENT 'Waiting roots, counted at the start of each pass, and about right since',
  `quarantine_cycle` int unsigned NOT NULL DEFAULT '1' COMMENT 'Behind that of archive: quarantined roots are to be tried again',
  `is_capped` tinyint(1) NOT NULL DEFAULT '0' COMMENT '1: waiting_cap was reached, waiting is not complete, rechecks are scans',
  `examined` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Keys examined in the scan of this pass',
  `last_chunk` int unsigned NOT NULL DEFAULT '0' COMMENT 'Chunks of this lane, whose numbers are number * 4294967296 + 1 and so on',
  `definitions` char(56) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL COMMENT 'Sum of those that this pass found as they are known; NULL: read all',
  `compared_by` bigint unsigned DEFAULT NULL COMMENT 'Connection whose last chunk here was compared, or came after one that was',
  `chunks` bigint unsigned NOT NULL DEFAULT '0',
  `roots` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Copied, ever',
  `related_rows` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Copied, ever',
  `holder_id` bigint unsigned DEFAULT NULL COMMENT 'Connection that works here now; others see it by READ UNCOMMITTED only',
  `held_at` datetime(6) DEFAULT NULL COMMENT 'UTC; since when',
  PRIMARY KEY (`archive`,`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a range of root keys; its row lock is the claim of a chunk.';

CREATE TABLE `lane_sample` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `connection_id` bigint unsigned NOT NULL COMMENT 'Of the session that splits the archive',
  `number` int unsigned NOT NULL,
  `upto_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'The last root key of the sample',
  `work` bigint unsigned NOT NULL COMMENT 'Of all keys up to here: 1 a key, 40 more where it is to be copied',
  PRIMARY KEY (`archive`,`connection_id`,`number`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='Keys as they are measured while an archive is split into lanes; else empty.';

CREATE TABLE `notes_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` bigint unsigned NOT NULL,
  `subject_type` varchar(10) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `subject_id` bigint DEFAULT NULL,
  `body` text CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  `written_at` datetime DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The notes of the orders in history.';

CREATE TABLE `order_events_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` bigint unsigned NOT NULL,
  `order_id` bigint DEFAULT NULL,
  `event` varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `happened_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The order_events of the orders in history.';

CREATE TABLE `order_items_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` bigint unsigned NOT NULL,
  `order_id` bigint DEFAULT NULL,
  `product_id` int unsigned DEFAULT NULL,
  `quantity` smallint DEFAULT NULL,
  `unit_price` decimal(10,4) DEFAULT NULL,
  `amount` decimal(16,4) DEFAULT NULL,
  `flags` bit(6) DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The order_items of the orders in history.';

CREATE TABLE `order_labels_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `order_id` bigint NOT NULL,
  `label_id` int unsigned NOT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`order_id`,`label_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The order_labels of the orders in history.';

CREATE TABLE `orders_history` (
  `id` bigint NOT NULL,
  `customer_id` int unsigned DEFAULT NULL,
  `prescriber_id` int unsigned DEFAULT NULL,
  `status` enum('received','prepared','uncollected','cancelled','dispensed') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `reference` varchar(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  `remark` text CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  `details` json DEFAULT NULL,
  `discount` decimal(12,2) DEFAULT NULL,
  `placed_at` datetime(6) DEFAULT NULL,
  `collect_by` date DEFAULT NULL,
  `closed_at` datetime DEFAULT NULL,
  `changed_at` timestamp(6) NULL DEFAULT NULL,
  `history_version` smallint unsigned NOT NULL,
  `history_chunk` bigint unsigned NOT NULL,
  PRIMARY KEY (`id`,`history_version`),
  KEY `orders_history_chunk_ix` (`history_chunk`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The orders that are history, as they were when they were copied.';

CREATE TABLE `payments_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` bigint unsigned NOT NULL,
  `order_id` bigint DEFAULT NULL,
  `method` enum('cash','card','insurer') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `amount` decimal(12,2) DEFAULT NULL,
  `paid_at` datetime(6) DEFAULT NULL,
  `receipt` blob,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The payments of the orders in history.';

CREATE TABLE `prescribers_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` int unsigned NOT NULL,
  `licence` char(12) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL,
  `name` varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The prescribers of the orders in history, once per root, as they were.';

CREATE TABLE `probe` (
  `id` tinyint unsigned NOT NULL COMMENT '1: there is one row',
  `verdict` enum('shared','not shared','inconclusive') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'inconclusive: while it is under way, never committed',
  `reason` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'Why not shared',
  `version` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'VERSION()',
  `version_comment` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `server` varchar(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'Which server it is, as _read_server names it',
  `log_bin` tinyint(1) NOT NULL,
  `did_writer_come` tinyint(1) NOT NULL,
  `was_locked` tinyint(1) NOT NULL COMMENT '1: a row that had been read could not be changed meanwhile',
  `does_clock_move` tinyint(1) NOT NULL COMMENT '0: SYSDATE stands still in a function',
  `probed_at` datetime(6) NOT NULL COMMENT 'UTC',
  `probed_by` varchar(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'USER()',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='What was learned last: do the statements of a function share one view here?';

CREATE TABLE `products_history` (
  `history_root_id` bigint NOT NULL,
  `history_version` smallint unsigned NOT NULL,
  `id` int unsigned NOT NULL,
  `code` varbinary(16) DEFAULT NULL,
  `name` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `form` enum('tablet','liquid','cream','Überzug') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `price` decimal(10,4) DEFAULT NULL,
  PRIMARY KEY (`history_root_id`,`history_version`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The products of the orders in history, once per root, as they were.';

CREATE TABLE `project` (
  `id` varchar(64) COLLATE utf8mb4_bin NOT NULL COMMENT 'bygones_project of the alembic.ini whose revisions run here',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='The project that this schema belongs to: one row, by its first upgrade.';

CREATE TABLE `run` (
  `id` bigint unsigned NOT NULL,
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `kind` enum('copy','verify') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'copy',
  `request_id` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'The Lambda request; one request can come twice',
  `opened_at` datetime(6) NOT NULL COMMENT 'UTC',
  `budget_seconds` int unsigned NOT NULL COMMENT '0 is no limit',
  `closed_at` datetime(6) DEFAULT NULL COMMENT 'UTC; NULL while it is under way',
  `reason` varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'Why it ended; lost: it died, and a later run noticed',
  `detail` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'What the last CALL gave as its reason: which limit was passed, who paused',
  `seen_at` datetime(6) DEFAULT NULL COMMENT 'UTC; when it last said that it goes on, if it had to wait or reconnect',
  `runs` int unsigned NOT NULL DEFAULT '1' COMMENT 'Consecutive idle runs share a row',
  `calls` int unsigned NOT NULL DEFAULT '0',
  `roots` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Copied, or verified',
  `related_rows` bigint unsigned NOT NULL DEFAULT '0',
  `seconds` decimal(12,6) NOT NULL DEFAULT '0.000000' COMMENT 'Sum of its CALLs',
  `called_by` varchar(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'USER()',
  `connection_id` bigint unsigned NOT NULL COMMENT 'Its chunks carry the same, from opened_at on',
  PRIMARY KEY (`id`),
  KEY `run_archive_ix` (`archive`,`closed_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row an invocation of the runner.';

CREATE TABLE `setting` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `name` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'As _list_settings declares it',
  `value` bigint DEFAULT NULL COMMENT 'NULL: not watched',
  PRIMARY KEY (`archive`,`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a setting that was tuned and is no column of archive.';

CREATE TABLE `suspect` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `root_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'JSON array of strings: ["17"]',
  `copy_pass` int unsigned NOT NULL COMMENT 'The full pass of copying that was the last one when it was noted',
  `ended_pass` int unsigned NOT NULL COMMENT 'The full pass of copying that had ended when it was seen last',
  `pass` int unsigned NOT NULL COMMENT 'The verification that saw it last',
  `noted_at` datetime(6) NOT NULL COMMENT 'UTC',
  `seen_at` datetime(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (`archive`,`root_key`),
  KEY `suspect_pass_ix` (`archive`,`pass`,`seen_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a finished root that is neither in history nor waiting, as yet.';

CREATE TABLE `verification` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `pass` int unsigned NOT NULL DEFAULT '0' COMMENT 'The verification that is under way, or ended last',
  `step` enum('history','source','ending','ended') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'ended' COMMENT 'history: compares its chunks; source: scans it for what history lacks',
  `cursor_key` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'The last chunk compared, or the greatest key scanned; NULL: none yet',
  `started_at` datetime(6) DEFAULT NULL COMMENT 'UTC; of this pass',
  `ended_at` datetime(6) DEFAULT NULL COMMENT 'UTC; when the last one that ended did',
  `roots` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'In history, and examined in this pass',
  `related_rows` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Of them in history, and compared',
  `missing` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Roots found so in this pass',
  `incomplete` bigint unsigned NOT NULL DEFAULT '0',
  `different` bigint unsigned NOT NULL DEFAULT '0',
  `orphaned` bigint unsigned NOT NULL DEFAULT '0' COMMENT 'Roots in history that the source has no more: nothing is wrong with them',
  `key_window` int unsigned NOT NULL DEFAULT '2000' COMMENT 'Keys of the source that a CALL examines; learned',
  `called_at` datetime(6) DEFAULT NULL COMMENT 'UTC; when the last CALL worked on it',
  `connection_id` bigint unsigned DEFAULT NULL COMMENT 'That of the last CALL',
  `holder_id` bigint unsigned DEFAULT NULL COMMENT 'Connection that works here now; others see it by READ UNCOMMITTED only',
  `held_at` datetime(6) DEFAULT NULL COMMENT 'UTC; since when',
  PRIMARY KEY (`archive`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row an archive: how far its verification is; its lock is the claim.';

CREATE TABLE `verified` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `pass` int unsigned NOT NULL COMMENT 'The verification',
  `chunk_id` bigint unsigned NOT NULL,
  `roots` int unsigned NOT NULL COMMENT 'In history, of this chunk',
  `related_rows` int unsigned NOT NULL COMMENT 'Of their relations, as copied',
  `orphaned` int unsigned NOT NULL COMMENT 'Roots that the source has no more',
  `verified_at` datetime(6) NOT NULL COMMENT 'UTC',
  PRIMARY KEY (`archive`,`pass`,`chunk_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a chunk that the last verification compared; see finding.';

CREATE TABLE `waiting_root` (
  `archive` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `lane` int unsigned NOT NULL,
  `root_number` decimal(20,0) NOT NULL COMMENT 'Its key, where that is one integer; else 0',
  `root_text` varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'Its key where that is anything else, as JSON array of strings; else empty',
  `reason` enum('unfinished','quarantined','gone') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL COMMENT 'gone: on its way out of this table, never committed',
  `attempts` int unsigned NOT NULL DEFAULT '0' COMMENT 'How often it was quarantined',
  `noted_at` datetime(6) NOT NULL COMMENT 'UTC; when it was examined first',
  `failed_step` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'What could not be done, such as to copy which relation',
  `errno` int unsigned DEFAULT NULL COMMENT 'NULL: no error of the server, see message',
  `sqlstate_code` char(5) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `message` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL COMMENT 'As the server gave it: it may hold values of the row, and is nowhere else',
  `failed_at` datetime(6) DEFAULT NULL COMMENT 'UTC; when it was quarantined last',
  PRIMARY KEY (`archive`,`lane`,`root_number`,`root_text`),
  KEY `waiting_reason_ix` (`archive`,`reason`,`lane`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC COMMENT='One row a root that was examined and is not in history, and why.';

-- view progress (archive, state, pass, roots, related_rows, examined, unfinished, quarantined, is_capped, lanes, cursor, last_chunk_at, pass_started_at, pass_ended_at, findings, verified_at, paused_at, paused_by, pause_reason, key_warning, not_watched, last_error)
-- view waiting (archive, lane, root_key, reason, attempts, noted_at, failed_step, errno, sqlstate_code, message, failed_at)
-- trigger batches_history_before_delete: BEFORE DELETE ON batches_history
-- trigger batches_history_before_update: BEFORE UPDATE ON batches_history
-- trigger customers_history_before_delete: BEFORE DELETE ON customers_history
-- trigger customers_history_before_update: BEFORE UPDATE ON customers_history
-- trigger deliveries_history_before_delete: BEFORE DELETE ON deliveries_history
-- trigger deliveries_history_before_update: BEFORE UPDATE ON deliveries_history
-- trigger labels_history_before_delete: BEFORE DELETE ON labels_history
-- trigger labels_history_before_update: BEFORE UPDATE ON labels_history
-- trigger notes_history_before_delete: BEFORE DELETE ON notes_history
-- trigger notes_history_before_update: BEFORE UPDATE ON notes_history
-- trigger order_events_history_before_delete: BEFORE DELETE ON order_events_history
-- trigger order_events_history_before_update: BEFORE UPDATE ON order_events_history
-- trigger order_items_history_before_delete: BEFORE DELETE ON order_items_history
-- trigger order_items_history_before_update: BEFORE UPDATE ON order_items_history
-- trigger order_labels_history_before_delete: BEFORE DELETE ON order_labels_history
-- trigger order_labels_history_before_update: BEFORE UPDATE ON order_labels_history
-- trigger orders_history_before_delete: BEFORE DELETE ON orders_history
-- trigger orders_history_before_update: BEFORE UPDATE ON orders_history
-- trigger payments_history_before_delete: BEFORE DELETE ON payments_history
-- trigger payments_history_before_update: BEFORE UPDATE ON payments_history
-- trigger prescribers_history_before_delete: BEFORE DELETE ON prescribers_history
-- trigger prescribers_history_before_update: BEFORE UPDATE ON prescribers_history
-- trigger products_history_before_delete: BEFORE DELETE ON products_history
-- trigger products_history_before_update: BEFORE UPDATE ON products_history
-- event copy_orders_event: every 1 MINUTE, DISABLED
-- function _canary
-- function _copy_orders_at_once
-- function _verify_orders_at_once
-- procedure _admit
-- procedure _advance_in_orders
-- procedure _advance_lane
-- procedure _advance_verification
-- procedure _bound_orders
-- procedure _check_archive
-- procedure _check_definitions
-- procedure _check_load
-- procedure _check_orders_keys
-- procedure _check_orders_source
-- procedure _check_probe
-- procedure _check_run
-- procedure _check_schema
-- procedure _choose_new_orders
-- procedure _choose_waiting_orders
-- procedure _claim_lane
-- procedure _claim_verification
-- procedure _compare_batches
-- procedure _compare_customers
-- procedure _compare_deliveries
-- procedure _compare_labels
-- procedure _compare_notes
-- procedure _compare_order_events
-- procedure _compare_order_items
-- procedure _compare_order_labels
-- procedure _compare_orders
-- procedure _compare_orders_chunk
-- procedure _compare_payments
-- procedure _compare_prescribers
-- procedure _compare_products
-- procedure _conclude_chunk
-- procedure _conclude_comparison
-- procedure _conclude_lane
-- procedure _confirm_suspects
-- procedure _copy_batches
-- procedure _copy_customers
-- procedure _copy_deliveries
-- procedure _copy_labels
-- procedure _copy_new_orders
-- procedure _copy_notes
-- procedure _copy_order_events
-- procedure _copy_order_items
-- procedure _copy_order_labels
-- procedure _copy_orders
-- procedure _copy_payments
-- procedure _copy_prescribers
-- procedure _copy_products
-- procedure _copy_waiting_orders
-- procedure _count_copied
-- procedure _count_due_orders
-- procedure _count_findings
-- procedure _describe_drift
-- procedure _describe_idle
-- procedure _end_verification
-- procedure _fence_orders
-- procedure _fill_orders_chunk
-- procedure _find_changes
-- procedure _find_missing_orders
-- procedure _find_new_orders
-- procedure _find_trigger_changes
-- procedure _find_work_in_orders
-- procedure _fit_orders
-- procedure _forget_waiting_orders
-- procedure _judge_error
-- procedure _judge_lanes
-- procedure _judge_probe
-- procedure _learn_size
-- procedure _learn_window
-- procedure _list_settings
-- procedure _log_failure
-- procedure _mark_orders_lanes
-- procedure _name_first_orders
-- procedure _name_holders
-- procedure _name_probe_locks
-- procedure _name_verifier
-- procedure _note_orders
-- procedure _open_pass
-- procedure _plan_chunk
-- procedure _plan_retry
-- procedure _quarantine_root
-- procedure _raise
-- procedure _raise_difference
-- procedure _read_ended_pass
-- procedure _read_load
-- procedure _read_server
-- procedure _read_setting
-- procedure _refuse_open_transaction
-- procedure _refuse_set_session
-- procedure _register_archive
-- procedure _release_quarantine
-- procedure _scan_orders
-- procedure _set_pause
-- procedure _split_lanes
-- procedure _step_back_orders
-- procedure _sum_up_definitions
-- procedure _sum_up_verification
-- procedure _uninstall_orders
-- procedure _unregister_archive
-- procedure _update_waiting_orders
-- procedure _verify_orders_history
-- procedure _warn_of_counter
-- procedure _warn_of_keys
-- procedure _work_in_orders
-- procedure close_run (IN in_run_id bigint unsigned, IN in_reason varchar(20), IN in_calls int unsigned, IN in_roots bigint unsigned, IN in_related_rows bigint unsigned, IN in_seconds decimal(12,6), IN in_detail varchar(700)), DEFINER
-- procedure copy_orders_chunk (IN in_max_roots int), DEFINER
-- procedure open_run (IN in_archive varchar(64), IN in_request_id varchar(100), IN in_seconds int unsigned, IN in_kind varchar(6)), DEFINER
-- procedure pause_archive (IN in_archive varchar(64), IN in_reason varchar(255)), INVOKER
-- procedure probe_reader (), DEFINER
-- procedure probe_writer (), DEFINER
-- procedure progress (), DEFINER
-- procedure rejoin_run (IN in_run_id bigint unsigned), DEFINER
-- procedure resume_archive (IN in_archive varchar(64)), INVOKER
-- procedure retry_quarantine (IN in_archive varchar(64)), INVOKER
-- procedure split_orders (IN in_lanes int), INVOKER
-- procedure tune_archive (IN in_archive varchar(64), IN in_setting varchar(64), IN in_value bigint), INVOKER
-- procedure verify_orders_chunk (IN in_max_roots int), DEFINER
