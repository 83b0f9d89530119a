CREATE TABLE IF NOT EXISTS pharmacy_history.probe (
    id TINYINT UNSIGNED NOT NULL COMMENT '1: there is one row',
    verdict ENUM ('shared', 'not shared', 'inconclusive')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'inconclusive: while it is under way, never committed',
    reason VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'Why not shared',
    version VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'VERSION()',
    version_comment VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    server VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'Which server it is, as _read_server names it',
    log_bin TINYINT(1) NOT NULL,
    did_writer_come TINYINT(1) NOT NULL,
    was_locked TINYINT(1) NOT NULL
    COMMENT '1: a row that had been read could not be changed meanwhile',
    does_clock_move TINYINT(1) NOT NULL COMMENT '0: SYSDATE stands still in a function',
    probed_at DATETIME(6) NOT NULL COMMENT 'UTC',
    probed_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'USER()',
    PRIMARY KEY (id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'What was learned last: do the statements of a function share one view here?';
