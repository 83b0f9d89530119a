CREATE TABLE IF NOT EXISTS pharmacy_history.order_events_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id BIGINT UNSIGNED NOT NULL,
    order_id BIGINT NULL,
    event VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    happened_at DATETIME(6) NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The order_events of the orders in history.';
