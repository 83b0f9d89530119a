CREATE TABLE IF NOT EXISTS pharmacy_history.order_labels_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    order_id BIGINT NOT NULL,
    label_id INT UNSIGNED NOT NULL,
    PRIMARY KEY (history_root_id, history_version, order_id, label_id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The order_labels of the orders in history.';
