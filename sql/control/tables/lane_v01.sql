CREATE TABLE IF NOT EXISTS pharmacy_history.lane (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    number INT UNSIGNED NOT NULL,
    from_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'Root keys above this one; NULL is open-ended',
    upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'Root keys up to this one; NULL is open-ended',
    cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'The greatest root key that the pass examined; NULL is before the first',
    mark_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'The greatest ever examined: above it nothing is in history or waiting',
    waiting_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'How far the recheck of waiting roots has come; NULL is before the first',
    phase ENUM('scan', 'closing', 'tail', 'recheck')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'scan'
    COMMENT 'What comes next; _advance_lane alone moves it',
    passed_at DATETIME(6) NULL COMMENT 'UTC; when its last pass ended',
    changed_from DECIMAL(20, 6) NULL
    COMMENT 'Seconds since 1970: a recheck takes what changed since (changed_at)',
    at_cycle INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Of rechecks, as the CALL that works here now counts them',
    rechecks INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'That came to their end; lanes take turns, a cycle at a time',
    worked_at DATETIME(6) NULL COMMENT 'UTC; when a CALL advanced it last',
    series INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Of CALLs soon after one another; counts up when none came for a while',
    recheck_series INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'The series in which the recheck under way, or the last one, began',
    size INT UNSIGNED NOT NULL DEFAULT 1000
    COMMENT 'Rows in the next chunk, of roots and relations; learned from the clock',
    rows_per_root DECIMAL(12, 2) NOT NULL DEFAULT 10
    COMMENT 'Of a root and its relations; learned',
    fixed_ms DECIMAL(12, 3) NOT NULL DEFAULT 0
    COMMENT 'What a chunk takes however few rows it has; learned',
    last_rows INT UNSIGNED NULL COMMENT 'Of the chunk that was learned from last',
    last_ms DECIMAL(12, 3) NULL COMMENT 'Which took so long',
    key_window INT UNSIGNED NOT NULL DEFAULT 2000
    COMMENT 'Keys that a chunk examines at most; learned where few roots are finished',
    noted INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Waiting roots, counted at the start of each pass, and about right since',
    quarantine_cycle INT UNSIGNED NOT NULL DEFAULT 1
    COMMENT 'Behind that of archive: quarantined roots are to be tried again',
    is_capped TINYINT(1) NOT NULL DEFAULT 0
    COMMENT '1: waiting_cap was reached, waiting is not complete, rechecks are scans',
    examined BIGINT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Keys examined in the scan of this pass',
    last_chunk INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Chunks of this lane, whose numbers are number * 4294967296 + 1 and so on',
    definitions CHAR(56) CHARACTER SET ascii COLLATE ascii_bin NULL
    COMMENT 'Sum of those that this pass found as they are known; NULL: read all',
    compared_by BIGINT UNSIGNED NULL
    COMMENT 'Connection whose last chunk here was compared, or came after one that was',
    chunks BIGINT UNSIGNED NOT NULL DEFAULT 0,
    roots BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Copied, ever',
    related_rows BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Copied, ever',
    holder_id BIGINT UNSIGNED NULL
    COMMENT 'Connection that works here now; others see it by READ UNCOMMITTED only',
    held_at DATETIME(6) NULL COMMENT 'UTC; since when',
    PRIMARY KEY (archive, number)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a range of root keys; its row lock is the claim of a chunk.';
