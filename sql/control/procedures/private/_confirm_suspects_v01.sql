CREATE PROCEDURE pharmacy_history._confirm_suspects (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note as missing what a whole later pass of copying has passed over.'
BEGIN
    -- When a suspect was noted first, copy_pass was the last one, so a later one began
    -- after that; when it was seen last, ended_pass had ended.
    INSERT INTO finding (
        archive, root_key, relation, kind, pass, found_at, seen_at
    )
    SELECT
        x.archive, x.root_key, '', 'missing', x.pass, x.seen_at, x.seen_at AS found_at
    FROM suspect AS x
    WHERE
        x.archive = in_archive
        AND x.pass = in_pass
        AND x.seen_at = in_seen_at
        AND x.copy_pass < x.ended_pass
    ON DUPLICATE KEY UPDATE
        relation = '', kind = 'missing', too_few = 0, too_many = 0, column_names = '',
        chunk_id = DEFAULT(finding.chunk_id), pass = in_pass, seen_at = in_seen_at;
END;
