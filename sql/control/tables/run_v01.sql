CREATE TABLE IF NOT EXISTS pharmacy_history.run (
    id BIGINT UNSIGNED NOT NULL,
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kind ENUM ('copy', 'verify')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'copy',
    request_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'The Lambda request; one request can come twice',
    opened_at DATETIME(6) NOT NULL COMMENT 'UTC',
    budget_seconds INT UNSIGNED NOT NULL COMMENT '0 is no limit',
    closed_at DATETIME(6) NULL COMMENT 'UTC; NULL while it is under way',
    reason VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'Why it ended; lost: it died, and a later run noticed',
    detail VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'What the last CALL gave as its reason: which limit was passed, who paused',
    seen_at DATETIME(6) NULL
    COMMENT 'UTC; when it last said that it goes on, if it had to wait or reconnect',
    runs INT UNSIGNED NOT NULL DEFAULT 1
    COMMENT 'Consecutive idle runs share a row',
    calls INT UNSIGNED NOT NULL DEFAULT 0,
    roots BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Copied, or verified',
    related_rows BIGINT UNSIGNED NOT NULL DEFAULT 0,
    seconds DECIMAL(12, 6) NOT NULL DEFAULT 0 COMMENT 'Sum of its CALLs',
    called_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'USER()',
    connection_id BIGINT UNSIGNED NOT NULL
    COMMENT 'Its chunks carry the same, from opened_at on',
    PRIMARY KEY (id),
    KEY run_archive_ix (archive, closed_at)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row an invocation of the runner.';
