CREATE TABLE IF NOT EXISTS pharmacy_history.canary_relation (
    id TINYINT UNSIGNED NOT NULL COMMENT '1: there is one row',
    changes INT UNSIGNED NOT NULL
    COMMENT 'The same in canary_root and canary_relation at any instant',
    PRIMARY KEY (id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'Read last by the probe, in the place of what goes with an order.';
