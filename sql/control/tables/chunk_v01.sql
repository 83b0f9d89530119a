CREATE TABLE IF NOT EXISTS pharmacy_history.chunk (
    id BIGINT UNSIGNED NOT NULL
    COMMENT 'history_chunk of its roots: lane * 4294967296 + 1, 2 and so on',
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    lane INT UNSIGNED NOT NULL,
    pass INT UNSIGNED NOT NULL,
    shape INT UNSIGNED NOT NULL
    COMMENT 'The generation of columns and relations that it copied',
    roots INT UNSIGNED NOT NULL DEFAULT 0,
    related_rows INT UNSIGNED NOT NULL DEFAULT 0,
    relation_rows JSON NULL COMMENT 'Rows copied of each relation',
    examined INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Keys, or waiting roots',
    quarantined INT UNSIGNED NOT NULL DEFAULT 0,
    tries INT UNSIGNED NOT NULL DEFAULT 1
    COMMENT 'More than 1: it was too slow, or a root failed',
    cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'Where the cursor of its lane stood when it ended',
    started_at DATETIME(6) NOT NULL COMMENT 'UTC',
    seconds DECIMAL(12, 6) NOT NULL DEFAULT 0 COMMENT 'Of work before COMMIT',
    called_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'USER()',
    connection_id BIGINT UNSIGNED NOT NULL,
    is_compared TINYINT(1) NOT NULL DEFAULT 0
    COMMENT '1: it was compared with the source, byte for byte, at the same instant',
    PRIMARY KEY (archive, id),
    KEY chunk_started_at_ix (archive, started_at),
    KEY chunk_connection_id_ix (connection_id, started_at)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a CALL that copied; never changed after its COMMIT.';
