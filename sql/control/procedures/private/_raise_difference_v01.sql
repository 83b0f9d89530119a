CREATE PROCEDURE pharmacy_history._raise_difference (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_relation VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Raise 30025: a copy would differ, in this root, by these columns.'
BEGIN
    -- What the comparison of a copy notes is of pass 0, and undone by this error.
    DECLARE v_root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_columns TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    SELECT MIN(f.root_key)
    INTO v_root_key
    FROM finding AS f
    WHERE f.archive = in_archive AND f.pass = 0 AND f.relation = in_relation;

    SELECT MAX(f.column_names)
    INTO v_columns
    FROM finding AS f
    WHERE
        f.archive = in_archive
        AND f.root_key = v_root_key
        AND f.relation = in_relation;

    CALL _raise(30025, CONCAT(
        'its copy would differ: ', in_relation,
        COALESCE(CONCAT(' of ', v_root_key), ''), ': ',
        COALESCE(NULLIF(v_columns, ''), 'rows too few or too many')
    ));
END;
