CREATE PROCEDURE pharmacy_history.tune_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_setting VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_value BIGINT
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Set one setting of an archive, from its next chunk on, and show all.

Description
  How kind an archive is to the server, and how large its chunks are. A chunk that
  is being copied ends as it began; the next one, in every lane, takes the new
  value. An upgrade leaves it as it is. Works with the caller''s own rights:
  EXECUTE alone is not enough (1142).

Parameters
  in_archive  Its name in archives.toml.
  in_setting  The name of one setting; NULL to be shown all and set none.
  in_value    Its new value; NULL, for a limit of load, not to watch it.

Returns
  One row a setting:
  setting        Its name.
  value          What it is set to; NULL: not watched.
  default_value  What it is set to at first, if it can be watched.
  allowed        The range, and its unit.
  meaning        What it does.

Errors
  30001  A transaction is open in this session.
  30003  No archive has this name.
  30016  No setting has this name.
  30017  The value is out of the setting''s range.
  30020  This is a copy of an installation, under another name.

Example
  CALL tune_archive(''orders'', ''max_threads_running'', 40);
'
tune_archive: BEGIN
    DECLARE v_settings TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_allowed VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_allowed TINYINT(1);
    DECLARE v_columns TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_values TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CALL _check_schema('pharmacy_history');

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION
        BEGIN
            ROLLBACK AND NO CHAIN NO RELEASE;
            RESIGNAL;
        END;

        START TRANSACTION;

        CALL _check_archive(in_archive);
        CALL _list_settings(v_settings);

        IF in_setting IS NOT NULL OR in_value IS NOT NULL THEN
            SELECT
                MAX(CONCAT(
                    s.lowest, ' to ', s.highest, ' ', s.unit,
                    IF(s.is_nullable, ', or NULL: not watched', '')
                )),
                MAX(COALESCE(
                    in_value BETWEEN s.lowest AND s.highest, s.is_nullable
                ))
            INTO v_allowed, v_is_allowed
            FROM JSON_TABLE(
                v_settings, '$[*]' COLUMNS (
                    name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.name',
                    lowest BIGINT PATH '$.lowest',
                    highest BIGINT PATH '$.highest',
                    is_nullable TINYINT PATH '$.nullable',
                    unit VARCHAR(20) CHARACTER SET utf8mb4 PATH '$.unit'
                )
            ) AS s
            WHERE s.name = in_setting;

            IF v_allowed IS NULL THEN
                CALL _raise(30016, CONCAT(
                    'no setting is named ', COALESCE(QUOTE(in_setting), 'NULL'),
                    '; CALL tune_archive(', QUOTE(in_archive), ', NULL, NULL) lists them'
                ));
            END IF;

            IF NOT v_is_allowed THEN
                CALL _raise(30017, CONCAT(
                    'the value of ', in_setting, ' is ', COALESCE(in_value, 'NULL'),
                    '; expected ', v_allowed
                ));
            END IF;

            UPDATE archive AS a
            SET
                a.max_threads_running = IF(
                    in_setting = 'max_threads_running', in_value, a.max_threads_running
                ),
                a.max_row_lock_waits = IF(
                    in_setting = 'max_row_lock_waits', in_value, a.max_row_lock_waits
                ),
                a.max_history_list_length = IF(
                    in_setting = 'max_history_list_length',
                    in_value, a.max_history_list_length
                ),
                a.target_ms = IF(in_setting = 'target_ms', in_value, a.target_ms),
                a.pace = IF(in_setting = 'pace', in_value, a.pace),
                a.max_size = IF(in_setting = 'max_size', in_value, a.max_size),
                a.max_root_rows = IF(
                    in_setting = 'max_root_rows', in_value, a.max_root_rows
                ),
                a.prove_every = IF(in_setting = 'prove_every', in_value, a.prove_every),
                a.waiting_cap = IF(in_setting = 'waiting_cap', in_value, a.waiting_cap)
            WHERE a.name = in_archive;
        END IF;

        SELECT JSON_OBJECT(
            'max_threads_running', a.max_threads_running,
            'max_row_lock_waits', a.max_row_lock_waits,
            'max_history_list_length', a.max_history_list_length,
            'target_ms', a.target_ms,
            'pace', a.pace,
            'max_size', a.max_size,
            'max_root_rows', a.max_root_rows,
            'prove_every', a.prove_every,
            'waiting_cap', a.waiting_cap
        )
        INTO v_columns
        FROM archive AS a
        WHERE a.name = in_archive;

        -- What is no column of archive is a row.
        IF NOT JSON_CONTAINS_PATH(v_columns, 'one', CONCAT('$.', in_setting)) THEN
            INSERT INTO setting (archive, name, value)
            VALUES (in_archive, in_setting, in_value)
            ON DUPLICATE KEY UPDATE value = in_value;
        END IF;

        SELECT JSON_MERGE_PRESERVE(
            v_columns, COALESCE(JSON_OBJECTAGG(t.name, t.value), '{}')
        )
        INTO v_values
        FROM setting AS t
        WHERE t.archive = in_archive;

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    -- No table is read from here on: under autocommit=0 that would open another
    -- transaction.
    SELECT
        s.name AS setting,
        IF(
            JSON_CONTAINS_PATH(v_values, 'one', CONCAT('$.', s.name)),
            CAST(
                NULLIF(
                    JSON_UNQUOTE(JSON_EXTRACT(v_values, CONCAT('$.', s.name))), 'null'
                ) AS SIGNED
            ),
            s.default_value
        ) AS value,
        s.default_value,
        CONCAT(
            s.lowest, ' to ', s.highest, ' ', s.unit,
            IF(s.is_nullable, ', or NULL: not watched', '')
        ) AS allowed,
        s.meaning
    FROM JSON_TABLE(
        v_settings, '$[*]' COLUMNS (
            name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.name',
            default_value BIGINT PATH '$.default',
            lowest BIGINT PATH '$.lowest',
            highest BIGINT PATH '$.highest',
            is_nullable TINYINT PATH '$.nullable',
            unit VARCHAR(20) CHARACTER SET utf8mb4 PATH '$.unit',
            meaning VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.meaning'
        )
    ) AS s;
END;
