CREATE TABLE IF NOT EXISTS pharmacy_history.verified (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    pass INT UNSIGNED NOT NULL COMMENT 'The verification',
    chunk_id BIGINT UNSIGNED NOT NULL,
    roots INT UNSIGNED NOT NULL COMMENT 'In history, of this chunk',
    related_rows INT UNSIGNED NOT NULL COMMENT 'Of their relations, as copied',
    orphaned INT UNSIGNED NOT NULL COMMENT 'Roots that the source has no more',
    verified_at DATETIME(6) NOT NULL COMMENT 'UTC',
    PRIMARY KEY (archive, pass, chunk_id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a chunk that the last verification compared; see finding.';
