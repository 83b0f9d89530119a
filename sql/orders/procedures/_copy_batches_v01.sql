CREATE PROCEDURE pharmacy_history._copy_batches (
    IN in_chunk_id BIGINT UNSIGNED, IN in_roots INT UNSIGNED,
    IN in_deadline_at DATETIME(6), INOUT io_room INT,
    INOUT io_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the batches of a chunk''s roots.'
BEGIN
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO batches_history (
        history_root_id, history_version, order_item_id, lot, units, expires_on, seal
    )
    SELECT h.id, h.history_version, s.order_item_id, s.lot, s.units, s.expires_on,
           s.seal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN order_items_history AS order_items
        ON order_items.history_root_id = h.id
            AND order_items.history_version = h.history_version
    STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
    WHERE h.history_chunk = in_chunk_id
    LIMIT io_room;

    CALL _count_copied(
        'batches', ROW_COUNT(), in_roots, in_deadline_at, io_room, io_counts
    );
END;
