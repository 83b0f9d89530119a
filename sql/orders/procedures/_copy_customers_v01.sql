CREATE PROCEDURE pharmacy_history._copy_customers (
    IN in_chunk_id BIGINT UNSIGNED, IN in_roots INT UNSIGNED,
    IN in_deadline_at DATETIME(6), INOUT io_room INT,
    INOUT io_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the customers of a chunk''s roots.'
BEGIN
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO customers_history (
        history_root_id, history_version, id, name, city, born_on, consents,
        preferences, changed_at
    )
    SELECT h.id, h.history_version, s.id, s.name, s.city, s.born_on, s.consents,
           s.preferences, s.changed_at
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.customers AS s ON s.id = h.customer_id
    WHERE h.history_chunk = in_chunk_id
    LIMIT io_room;

    CALL _count_copied(
        'customers', ROW_COUNT(), in_roots, in_deadline_at, io_room, io_counts
    );
END;
