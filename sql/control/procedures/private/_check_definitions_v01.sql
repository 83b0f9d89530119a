CREATE PROCEDURE pharmacy_history._check_definitions (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_is_noted TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Refuse tables of the source and of history that are not as they are known.'
BEGIN
    -- What is known is a list of tables: the name at the source, the name in history,
    -- and traits by their kinds. Of a trait its name, its type, and more of it at the
    -- source and in history; which is NULL where it has no such trait. As in
    -- [["orders","orders_history",[["engine",[["","InnoDB","",""]]],
    --   ["column",[["id","INT","NOT NULL","NOT NULL"],["paid","DATE","NULL","NULL"]]],
    --   ["key",[["1","id","",""],["2","history_version",null,""]]]]]]
    DECLARE v_sum CHAR(56) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_is_settled TINYINT(1);
    DECLARE v_is_known TINYINT(1);
    DECLARE v_of_source INT UNSIGNED DEFAULT 0;
    DECLARE v_of_history INT UNSIGNED DEFAULT 0;
    DECLARE v_changes LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '[]';
    DECLARE v_told VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_of VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_advice VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT '; run alembic revision --autogenerate';

    -- To read all takes long, and a sum of it a tenth of that. The sum of what was
    -- found right is noted in the lane that the CALL holds: nobody waits for the note.
    SET out_is_noted = 0;

    CALL _sum_up_definitions(in_known, v_sum, v_is_settled);

    -- INTO a variable: in an IF it would wait for a lane that another holds.
    SELECT COUNT(*) > 0
    INTO v_is_known
    FROM lane AS l
    WHERE l.archive = in_archive AND l.definitions = v_sum;

    IF NOT v_is_known THEN
        CALL _find_changes('source', in_known, v_of_source, v_changes);
        CALL _find_changes('history', in_known, v_of_history, v_changes);
        CALL _find_trigger_changes(in_known, v_of_history, v_changes);

        IF v_of_source + v_of_history > 0 THEN
            SET v_of = CASE
                WHEN v_of_history = 0 THEN ': '
                WHEN v_of_source = 0 THEN ' of history: '
                ELSE ', of history too: '
            END;
            CALL _describe_drift(
                v_changes, 123 - CHAR_LENGTH(v_of) - CHAR_LENGTH(v_advice), v_told
            );
            CALL _raise(
                30007, CONCAT('drift', v_of, COALESCE(v_told, 'much'), v_advice)
            );
        END IF;

        -- Not within a second or two of a change, which another could follow unseen.
        IF v_is_settled THEN
            UPDATE lane AS l
            SET l.definitions = v_sum
            WHERE l.archive = in_archive AND l.number = in_lane;
            SET out_is_noted = ROW_COUNT();
        END IF;
    END IF;
END;
