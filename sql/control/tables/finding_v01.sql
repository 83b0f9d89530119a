CREATE TABLE IF NOT EXISTS pharmacy_history.finding (
    archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'JSON array of strings: ["17"]',
    place SMALLINT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'Of the relation among those of the archive; 0: the root',
    relation VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'Or the root itself; empty where the root is missing',
    kind ENUM ('missing', 'incomplete', 'different')
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'incomplete: history lacks rows; different: it has others, or too many',
    too_few INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Rows that history lacks',
    too_many INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Rows that the source lacks',
    column_names TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'That differ in a row that both have; never a value',
    chunk_id BIGINT UNSIGNED NULL COMMENT 'The chunk that copied it; NULL: none did',
    pass INT UNSIGNED NOT NULL COMMENT 'The verification that found it so last',
    found_at DATETIME(6) NOT NULL COMMENT 'UTC; when it was found first',
    seen_at DATETIME(6) NOT NULL COMMENT 'UTC; when it was found so last',
    PRIMARY KEY (archive, root_key, place),
    KEY finding_pass_ix (archive, pass, kind)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row a relation of a root in which history is not what the source is.';
