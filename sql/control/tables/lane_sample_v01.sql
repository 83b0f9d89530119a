CREATE TABLE IF NOT EXISTS pharmacy_history.lane_sample (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    connection_id BIGINT UNSIGNED NOT NULL
    COMMENT 'Of the session that splits the archive',
    number INT UNSIGNED NOT NULL,
    upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'The last root key of the sample',
    work BIGINT UNSIGNED NOT NULL
    COMMENT 'Of all keys up to here: 1 a key, 40 more where it is to be copied',
    PRIMARY KEY (archive, connection_id, number)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'Keys as they are measured while an archive is split into lanes; else empty.';
