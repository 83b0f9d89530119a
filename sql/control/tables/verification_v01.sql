CREATE TABLE IF NOT EXISTS pharmacy_history.verification (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    pass INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'The verification that is under way, or ended last',
    step ENUM ('history', 'source', 'ending', 'ended')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'ended'
    COMMENT 'history: compares its chunks; source: scans it for what history lacks',
    cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'The last chunk compared, or the greatest key scanned; NULL: none yet',
    started_at DATETIME(6) NULL COMMENT 'UTC; of this pass',
    ended_at DATETIME(6) NULL COMMENT 'UTC; when the last one that ended did',
    roots BIGINT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'In history, and examined in this pass',
    related_rows BIGINT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Of them in history, and compared',
    missing BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Roots found so in this pass',
    incomplete BIGINT UNSIGNED NOT NULL DEFAULT 0,
    different BIGINT UNSIGNED NOT NULL DEFAULT 0,
    orphaned BIGINT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Roots in history that the source has no more: nothing is wrong with them',
    key_window INT UNSIGNED NOT NULL DEFAULT 2000
    COMMENT 'Keys of the source that a CALL examines; learned',
    called_at DATETIME(6) NULL COMMENT 'UTC; when the last CALL worked on it',
    connection_id BIGINT UNSIGNED NULL COMMENT 'That of the last CALL',
    holder_id BIGINT UNSIGNED NULL
    COMMENT 'Connection that works here now; others see it by READ UNCOMMITTED only',
    held_at DATETIME(6) NULL COMMENT 'UTC; since when',
    PRIMARY KEY (archive)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row an archive: how far its verification is; its lock is the claim.';
