CREATE TABLE IF NOT EXISTS pharmacy_history.products_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    code VARBINARY(16) NOT NULL,
    name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
    form ENUM ('tablet', 'liquid', 'cream', 'Überzug')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    price DECIMAL(10, 4) NOT NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
COMMENT 'The products of the orders in history, once per order, as they were.';
