CREATE TABLE IF NOT EXISTS pharmacy_history.labels_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    name VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The labels of the orders in history, once per root, as they were.';
