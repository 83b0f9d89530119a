CREATE TABLE IF NOT EXISTS pharmacy_history.order_items_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id BIGINT UNSIGNED NOT NULL,
    order_id BIGINT NULL,
    product_id INT UNSIGNED NULL,
    quantity SMALLINT NULL,
    unit_price DECIMAL(10, 4) NULL,
    amount DECIMAL(16, 4) NULL,
    flags BIT(6) NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The order_items of the orders in history.';
