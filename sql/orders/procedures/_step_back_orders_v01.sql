CREATE PROCEDURE pharmacy_history._step_back_orders (
    IN in_cursor_id BIGINT, IN in_from_id BIGINT, OUT out_after_id BIGINT
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Find the key 1000 roots before the cursor, where the tail of a lane starts.'
BEGIN
    -- Ids are given out before they are committed: a transaction that was still open
    -- when the cursor went by has its root below the cursor. 1000: more than are
    -- inserted between two CALLs by transactions that overlap; what commits later
    -- still is found by the next full pass.
    --
    -- In the order of the index; a sort sees the first max_sort_length bytes of a text
    -- only. Where there is no row, the variables stay what they are.
    SET out_after_id = in_from_id;

    SELECT s.id
    INTO out_after_id
    FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
    WHERE
        (in_from_id IS NULL OR s.id > in_from_id)
        AND s.id <= in_cursor_id
    ORDER BY s.id DESC
    LIMIT 999, 1;
END;
