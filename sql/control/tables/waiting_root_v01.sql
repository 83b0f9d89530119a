CREATE TABLE IF NOT EXISTS pharmacy_history.waiting_root (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    lane INT UNSIGNED NOT NULL,
    root_number DECIMAL (20, 0) NOT NULL
    COMMENT 'Its key, where that is one integer; else 0',
    root_text VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'Its key where that is anything else, as JSON array of strings; else empty',
    reason ENUM ('unfinished', 'quarantined', 'gone')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'gone: on its way out of this table, never committed',
    attempts INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'How often it was quarantined',
    noted_at DATETIME(6) NOT NULL COMMENT 'UTC; when it was examined first',
    failed_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'What could not be done, such as to copy which relation',
    errno INT UNSIGNED NULL COMMENT 'NULL: no error of the server, see message',
    sqlstate_code CHAR(5) CHARACTER SET ascii COLLATE ascii_bin NULL,
    message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'As the server gave it: it may hold values of the row, and is nowhere else',
    failed_at DATETIME(6) NULL COMMENT 'UTC; when it was quarantined last',
    PRIMARY KEY (archive, lane, root_number, root_text),
    KEY waiting_reason_ix (archive, reason, lane)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a root that was examined and is not in history, and why.';
