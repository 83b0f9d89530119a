CREATE TABLE IF NOT EXISTS pharmacy_history.finding (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'JSON array of strings: ["17"]',
    kind ENUM ('missing', 'incomplete', 'different')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'incomplete: history lacks rows; different: it has others, or too many',
    relations JSON NOT NULL
    COMMENT 'By relation: rows too few and too many, and the columns that differ',
    chunk_id BIGINT UNSIGNED NULL COMMENT 'The chunk that copied it; NULL: none did',
    pass INT UNSIGNED NOT NULL COMMENT 'The verification that found it so last',
    found_at DATETIME(6) NOT NULL COMMENT 'UTC; when it was found first',
    seen_at DATETIME(6) NOT NULL COMMENT 'UTC; when it was found so last',
    PRIMARY KEY (archive, root_key),
    KEY finding_pass_ix (archive, pass, kind)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a root whose history is not what the source is; names, never values.';
