CREATE PROCEDURE pharmacy_history._copy_order_labels (
    IN in_chunk_id BIGINT UNSIGNED, IN in_roots INT UNSIGNED,
    IN in_deadline_at DATETIME(6), INOUT io_room INT,
    INOUT io_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the order_labels of a chunk''s roots.'
BEGIN
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO order_labels_history (
        history_root_id, history_version, order_id, label_id
    )
    SELECT h.id, h.history_version, s.order_id, s.label_id
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.order_labels AS s ON s.order_id = h.id
    WHERE h.history_chunk = in_chunk_id
    LIMIT io_room;

    CALL _count_copied(
        'order_labels', ROW_COUNT(), in_roots, in_deadline_at, io_room, io_counts
    );
END;
