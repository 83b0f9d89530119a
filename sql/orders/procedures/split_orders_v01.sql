CREATE PROCEDURE pharmacy_history.split_orders (
    IN in_lanes INT
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Divide the keys of orders into lanes of about equal work.

Description
  As many workers as lanes copy at once: concurrent Lambdas, or
  `bygones run --workers`. More lanes than workers do no harm.

  For the owner: it works with the rights of who calls it, and an operator lacks
  some (1142).

  Reads all keys, by short statements that lock nothing and hold up no ALTER: a
  few seconds for ten million. Then waits for the chunks that are under way, and
  begins a full pass with the new lanes: what waits is noted anew by its scan.

Parameters
  in_lanes  1 to 64. Fewer come of it where there are few keys.

Returns
  One row a lane:
  lane      Its number.
  from_key  Its keys are above this one; NULL is open-ended.
  upto_key  Its keys go up to this one; NULL is open-ended.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30003  The archive is not installed.
  30018  in_lanes is out of range.
  30020  This is a copy of an installation, under another name.
  1205   A chunk does not end: the `reason` of a CALL that answers `busy`
         names the connection that holds its lane. Lanes are as they were.

Example
  CALL split_orders(4);
'
BEGIN
    DECLARE v_keys INT UNSIGNED DEFAULT 1000;
    DECLARE v_samples INT UNSIGNED DEFAULT 0;
    DECLARE v_examined, v_finished INT UNSIGNED;
    DECLARE v_work BIGINT UNSIGNED DEFAULT 0;
    DECLARE v_is_end TINYINT(1) DEFAULT 0;
    DECLARE v_after_id, v_end_id, v_upto_id BIGINT;
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CALL _check_schema('pharmacy_history');

    -- Before any table is read, and before the handler that rolls back: the transaction
    -- that 1568 tells of is the caller's.
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
        DECLARE EXIT HANDLER FOR 1142
        BEGIN
            GET DIAGNOSTICS CONDITION 1 v_message = MESSAGE_TEXT;
            ROLLBACK AND NO CHAIN NO RELEASE;
            SET v_message = LEFT(
                CONCAT('splitting is for the owner: ', v_message), 128
            );
            RESIGNAL SET MESSAGE_TEXT = v_message;
        END;

        START TRANSACTION;

        CALL _check_archive('orders');

        IF in_lanes IS NULL OR in_lanes NOT BETWEEN 1 AND 64 THEN
            CALL _raise(30018, CONCAT(
                'in_lanes is ', COALESCE(in_lanes, 'NULL'), '; expected 1 to 64'
            ));
        END IF;

        DELETE FROM lane_sample
        WHERE archive = 'orders' AND connection_id = CONNECTION_ID();

        -- Stretches of keys, each in a transaction of its own.
        WHILE in_lanes > 1 AND NOT v_is_end DO
            CALL _scan_orders(
                v_after_id, v_end_id, v_keys, v_upto_id, v_examined, v_is_end
            );

            IF v_examined > 0 THEN
                -- What is to be copied costs some forty times what is only examined.
                SELECT COUNT(*)
                INTO v_finished
                FROM pharmacy.orders AS s
                LEFT JOIN orders_history AS h ON h.id = s.id
                WHERE
                    (v_after_id IS NULL OR s.id > v_after_id)
                    AND s.id <= v_upto_id
                    AND s.status IN ('uncollected', 'cancelled', 'dispensed')
                    AND h.history_version IS NULL;

                SET v_work = v_work + v_examined + 40 * v_finished;
                SET v_samples = v_samples + 1;

                INSERT INTO lane_sample (archive, connection_id, number, upto_key, work)
                VALUES (
                    'orders', CONNECTION_ID(), v_samples,
                    CAST(JSON_ARRAY(CAST(v_upto_id AS CHAR)) AS CHAR), v_work
                );
                COMMIT AND NO CHAIN NO RELEASE;
                -- Each time anew: where a session is SERIALIZABLE, reading locks.
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                START TRANSACTION;

                SET v_after_id = v_upto_id;
                -- The more keys there are, the longer a sample may be.
                IF v_samples % 256 = 0 THEN
                    SET v_keys = LEAST(1000000, 2 * v_keys);
                END IF;
            END IF;
        END WHILE;

        COMMIT AND NO CHAIN NO RELEASE;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        START TRANSACTION;

        CALL _split_lanes('orders', in_lanes, v_work);
        CALL _mark_orders_lanes();

        SELECT
            l.number AS lane,
            l.from_key,
            l.upto_key
        FROM lane AS l
        WHERE l.archive = 'orders'
        ORDER BY l.number;

        COMMIT AND NO CHAIN NO RELEASE;
    END;
END;
