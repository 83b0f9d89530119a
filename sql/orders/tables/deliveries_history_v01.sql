CREATE TABLE IF NOT EXISTS pharmacy_history.deliveries_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    order_id BIGINT NOT NULL,
    address VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    delivered_at DATETIME NULL,
    PRIMARY KEY (history_root_id, history_version, order_id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The deliveries of the orders in history.';
