CREATE PROCEDURE pharmacy_history._split_lanes (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lanes INT UNSIGNED,
    IN in_work BIGINT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Make lanes of the samples that this session took, and begin a pass.'
BEGIN
    DECLARE v_pass INT UNSIGNED;
    DECLARE v_share INT UNSIGNED DEFAULT 1;
    DECLARE v_number INT UNSIGNED;
    DECLARE v_size INT UNSIGNED;
    DECLARE v_rows_per_root DECIMAL(12, 2);
    DECLARE v_chunks BIGINT UNSIGNED;
    DECLARE v_roots BIGINT UNSIGNED;
    DECLARE v_related_rows BIGINT UNSIGNED;
    DECLARE v_from_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    -- The archive's row first, then every lane: waits for the chunks under way.
    SELECT a.pass, a.last_lane
    INTO v_pass, v_number
    FROM archive AS a
    WHERE a.name = in_archive
    FOR UPDATE;

    SELECT
        MIN(l.size),
        AVG(l.rows_per_root),
        SUM(l.chunks),
        SUM(l.roots),
        SUM(l.related_rows)
    INTO v_size, v_rows_per_root, v_chunks, v_roots, v_related_rows
    FROM lane AS l
    WHERE l.archive = in_archive
    FOR UPDATE;

    DELETE FROM lane WHERE archive = in_archive;

    -- The scan notes it anew, in the lane that each root is in now.
    DELETE FROM waiting_root WHERE archive = in_archive;

    -- A suspect refers to what waited when it was seen, which is deleted above.
    DELETE FROM suspect WHERE archive = in_archive;

    WHILE v_share <= in_lanes DO
        -- Of an earlier turn; where no row is found, it would stay.
        SET v_upto_key = NULL;

        IF v_share < in_lanes THEN
            SELECT s.upto_key
            INTO v_upto_key
            FROM lane_sample AS s
            WHERE
                s.archive = in_archive
                AND s.connection_id = CONNECTION_ID()
                AND s.work >= in_work * v_share DIV in_lanes
            ORDER BY s.number
            LIMIT 1;
        END IF;

        -- One sample may have the work of several lanes.
        IF v_share = in_lanes OR v_upto_key <> COALESCE(v_from_key, '') THEN
            -- A number of its own, for those of its chunks begin with it. Totals are
            -- the archive's: they go on in the first one.
            SET v_number = v_number + 1;
            INSERT INTO lane (
                archive,
                number,
                from_key,
                upto_key,
                size,
                rows_per_root,
                chunks,
                roots,
                related_rows
            )
            VALUES (
                in_archive,
                v_number,
                v_from_key,
                v_upto_key,
                v_size,
                v_rows_per_root,
                IF(v_from_key IS NULL, v_chunks, 0),
                IF(v_from_key IS NULL, v_roots, 0),
                IF(v_from_key IS NULL, v_related_rows, 0)
            );
            SET v_from_key = v_upto_key;
        END IF;

        SET v_share = v_share + 1;
    END WHILE;

    DELETE FROM lane_sample
    WHERE archive = in_archive AND connection_id = CONNECTION_ID();

    UPDATE archive AS a
    SET
        a.pass = v_pass + 1,
        a.pass_started_at = UTC_TIMESTAMP(6),
        a.last_lane = v_number
    WHERE a.name = in_archive;
END;
