CREATE TABLE IF NOT EXISTS pharmacy_history.payments_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id BIGINT UNSIGNED NOT NULL,
    order_id BIGINT NULL,
    method ENUM ('cash', 'card', 'insurer')
        CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    amount DECIMAL(12, 2) NULL,
    paid_at DATETIME(6) NULL,
    receipt BLOB NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The payments of the orders in history.';
