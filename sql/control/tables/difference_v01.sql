CREATE TABLE IF NOT EXISTS pharmacy_history.difference (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    chunk_id BIGINT UNSIGNED NOT NULL,
    place SMALLINT UNSIGNED NOT NULL,
    relation VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    too_few INT UNSIGNED NOT NULL,
    too_many INT UNSIGNED NOT NULL,
    column_names TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'NULL: rows have no key to tell which one is another',
    PRIMARY KEY (archive, chunk_id, place, root_key)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'What the comparison of a chunk has found, until it is done; see finding.';
