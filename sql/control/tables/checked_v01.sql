CREATE TABLE IF NOT EXISTS pharmacy_history.checked (
    definitions CHAR(56) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
    COMMENT 'Sum of all definitions of an archive, and of what is known',
    checked_at DATETIME(6) NOT NULL COMMENT 'UTC; when they were found as known',
    PRIMARY KEY (definitions)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a state of definitions that needs not be compared again.';
