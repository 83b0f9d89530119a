CREATE TABLE IF NOT EXISTS pharmacy_history.customers_history (
    history_root_id BIGINT NOT NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    id INT UNSIGNED NOT NULL,
    name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    city VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
    born_on DATE NULL,
    consents SET ('email', 'phone', 'research')
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    preferences
    -- MariaDB's JSON is text with a CHECK, and history checks nothing.
    /*!80000 JSON */
    /*M!100000 LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */ NULL,
    changed_at TIMESTAMP(3) NULL,
    PRIMARY KEY (history_root_id, history_version, id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The customers of the orders in history, once per root, as they were.';
