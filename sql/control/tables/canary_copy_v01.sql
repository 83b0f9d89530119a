CREATE TABLE IF NOT EXISTS pharmacy_history.canary_copy (
    part ENUM ('root', 'relation')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    changes INT UNSIGNED NOT NULL,
    PRIMARY KEY (part)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'What a probe copies, in the place of history; else empty.';
