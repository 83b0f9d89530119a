CREATE TABLE IF NOT EXISTS pharmacy_history.products_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    code VARBINARY(16) NULL,
    name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    form ENUM ('tablet', 'liquid', 'cream', 'Überzug')
        CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    price DECIMAL(10, 4) NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The products of the orders in history, once per root, as they were.';
