CREATE TABLE IF NOT EXISTS pharmacy_history.failure (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    failed_at DATETIME(6) NOT NULL COMMENT 'UTC',
    connection_id BIGINT UNSIGNED NOT NULL,
    called_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'USER()',
    step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'What the CALL was doing; it copied nothing',
    errno INT UNSIGNED NOT NULL,
    sqlstate_code CHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (archive, failed_at, connection_id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a CALL that failed; never a value of a row.';
