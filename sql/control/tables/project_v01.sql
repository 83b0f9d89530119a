CREATE TABLE IF NOT EXISTS pharmacy_history.project (
    id VARCHAR(64) NOT NULL
    COMMENT 'bygones_project of the alembic.ini whose revisions run here',
    PRIMARY KEY (id)
)
ENGINE = InnoDB
ROW_FORMAT = DYNAMIC
DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
COMMENT 'The project that this schema belongs to: one row, by its first upgrade.';
