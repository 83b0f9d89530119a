CREATE TABLE IF NOT EXISTS pharmacy_history.orders_history (
    id BIGINT NOT NULL,
    customer_id INT UNSIGNED NULL,
    prescriber_id INT UNSIGNED NULL,
    status ENUM ('received', 'prepared', 'uncollected', 'cancelled', 'dispensed')
        CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    reference VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
    remark TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    details
    -- MariaDB's JSON is text with a CHECK, and history checks nothing.
    /*!80000 JSON */
    /*M!100000 LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */ NULL,
    discount DECIMAL(12, 2) NULL,
    placed_at DATETIME(6) NULL,
    collect_by DATE NULL,
    closed_at DATETIME NULL,
    changed_at TIMESTAMP(6) NULL,
    history_version SMALLINT UNSIGNED NOT NULL,
    history_chunk BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (id, history_version),
    KEY orders_history_chunk_ix (history_chunk)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The orders that are history, as they were when they were copied.';
