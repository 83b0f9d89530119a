CREATE TABLE IF NOT EXISTS pharmacy_history.setting (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'As _list_settings declares it',
    value BIGINT NULL COMMENT 'NULL: not watched',
    PRIMARY KEY (archive, name)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a setting that was tuned and is no column of archive.';
