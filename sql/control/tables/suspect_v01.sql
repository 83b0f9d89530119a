CREATE TABLE IF NOT EXISTS pharmacy_history.suspect (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'JSON array of strings: ["17"]',
    copy_pass INT UNSIGNED NOT NULL
    COMMENT 'The full pass of copying that was the last one when it was noted',
    ended_pass INT UNSIGNED NOT NULL
    COMMENT 'The full pass of copying that had ended when it was seen last',
    pass INT UNSIGNED NOT NULL COMMENT 'The verification that saw it last',
    noted_at DATETIME(6) NOT NULL COMMENT 'UTC',
    seen_at DATETIME(6) NOT NULL COMMENT 'UTC',
    PRIMARY KEY (archive, root_key),
    KEY suspect_pass_ix (archive, pass, seen_at)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a finished root that is neither in history nor waiting, as yet.';
