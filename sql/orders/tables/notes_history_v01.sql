CREATE TABLE IF NOT EXISTS pharmacy_history.notes_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id BIGINT UNSIGNED NOT NULL,
    subject_type VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NULL,
    subject_id BIGINT NULL,
    body TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    written_at DATETIME NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The notes of the orders in history.';
