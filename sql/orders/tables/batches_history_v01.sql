CREATE TABLE IF NOT EXISTS pharmacy_history.batches_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    order_item_id BIGINT UNSIGNED NOT NULL,
    lot VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    units DECIMAL(8, 3) NULL,
    expires_on DATE NULL,
    seal VARBINARY(32) NULL,
    PRIMARY KEY (history_root_id, history_version, order_item_id, lot)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The batches of the orders in history.';
