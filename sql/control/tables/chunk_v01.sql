CREATE TABLE IF NOT EXISTS pharmacy_history.chunk (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT
    COMMENT 'history_chunk of the roots that it copied',
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    lane INT UNSIGNED NULL COMMENT 'NULL if it failed before it claimed one',
    pass INT UNSIGNED NULL,
    shape INT UNSIGNED NULL
    COMMENT 'The generation of columns and relations that it copied',
    roots INT UNSIGNED NOT NULL DEFAULT 0,
    related_rows INT UNSIGNED NOT NULL DEFAULT 0,
    relation_rows JSON NULL COMMENT 'Rows copied of each relation',
    deferred INT UNSIGNED NOT NULL DEFAULT 0,
    quarantined INT UNSIGNED NOT NULL DEFAULT 0,
    tries INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'More than 1: writers interfered, it was too slow, or a root failed',
    cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'Where the cursor of its lane stood when it ended',
    started_at DATETIME(6) NOT NULL COMMENT 'UTC',
    seconds DECIMAL(12, 6) NOT NULL DEFAULT 0 COMMENT 'Of work before COMMIT',
    called_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'USER()',
    connection_id BIGINT UNSIGNED NOT NULL,
    failed_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'What a failed CALL was doing; it copied nothing',
    errno INT UNSIGNED NULL,
    sqlstate_code CHAR(5) CHARACTER SET ascii COLLATE ascii_bin NULL,
    PRIMARY KEY (id),
    KEY chunk_archive_ix (archive, id),
    KEY chunk_connection_id_ix (connection_id, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a CALL that copied or failed; never changed after its COMMIT.';
