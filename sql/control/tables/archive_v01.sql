CREATE TABLE IF NOT EXISTS pharmacy_history.archive (
    name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
    COMMENT 'As declared in archives.toml',
    pass INT UNSIGNED NOT NULL DEFAULT 1
    COMMENT 'The full pass that is under way, or ended last',
    pass_started_at DATETIME(6) NOT NULL COMMENT 'UTC',
    pass_seconds INT UNSIGNED NOT NULL DEFAULT 86400
    COMMENT 'From the start of one full pass to that of the next',
    target_ms INT UNSIGNED NOT NULL DEFAULT 200
    COMMENT 'Milliseconds of work before COMMIT that a chunk aims at',
    pace INT UNSIGNED NOT NULL DEFAULT 100
    COMMENT 'Percent of the time that copying may take; the runner rests in between',
    max_size INT UNSIGNED NOT NULL DEFAULT 10000
    COMMENT 'The most roots in a chunk, unless the caller asks for more',
    max_root_rows INT UNSIGNED NOT NULL DEFAULT 1000000
    COMMENT 'A root with more rows than this, of all relations, is quarantined',
    waiting_cap INT UNSIGNED NOT NULL DEFAULT 250000
    COMMENT 'The most waiting roots to note in a lane; past it, rechecks become scans',
    max_threads_running INT UNSIGNED NULL DEFAULT 25
    COMMENT 'No chunk starts while more threads run; NULL: not watched',
    max_row_lock_waits INT UNSIGNED NULL DEFAULT 10
    COMMENT 'No chunk starts while more wait for a row lock; NULL: not watched',
    max_history_list_length INT UNSIGNED NULL DEFAULT 1000000
    COMMENT 'No chunk starts while InnoDB has more to purge; NULL: not watched',
    prove_every INT UNSIGNED NOT NULL DEFAULT 16
    COMMENT 'One chunk in so many is compared with the source, byte for byte',
    last_lane INT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'The greatest number that a lane ever had: none is used again',
    last_run BIGINT UNSIGNED NOT NULL DEFAULT 0
    COMMENT 'The greatest number of a run of this archive',
    quarantine_cycle INT UNSIGNED NOT NULL DEFAULT 1
    COMMENT 'Each pass and each retry_quarantine begins one: all are tried again',
    key_warning VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'What speaks for keys that came twice, at the start of this pass; or NULL',
    paused_at DATETIME(6) NULL COMMENT 'UTC; NULL while not paused',
    paused_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
    COMMENT 'USER() of pause_archive',
    pause_reason VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (name),
    CONSTRAINT archive_max_size_ck CHECK (max_size BETWEEN 1 AND 10000),
    CONSTRAINT archive_prove_every_ck CHECK (prove_every >= 1),
    CONSTRAINT archive_target_ms_ck CHECK (target_ms BETWEEN 20 AND 5000),
    CONSTRAINT archive_pace_ck CHECK (pace BETWEEN 10 AND 100)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'One row an archive: its pass, its settings, its pause.';
