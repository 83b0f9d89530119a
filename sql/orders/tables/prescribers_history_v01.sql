CREATE TABLE IF NOT EXISTS pharmacy_history.prescribers_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    licence CHAR(12) CHARACTER SET latin1 COLLATE latin1_bin NULL,
    name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The prescribers of the orders in history, once per root, as they were.';
