CREATE PROCEDURE pharmacy_history._count_lanes_left (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_round INT UNSIGNED,
    OUT out_lanes INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count the lanes that the pass, or this round of looks, has still to come to.'
BEGIN
    SELECT COUNT(l.number)
    INTO out_lanes
    FROM lane AS l
    WHERE
        l.archive = in_archive
        AND (l.passed_at IS NULL OR l.looks = in_round);
END;
