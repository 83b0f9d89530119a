CREATE PROCEDURE pharmacy_history._copy_products (
    IN in_chunk_id BIGINT UNSIGNED, IN in_roots INT UNSIGNED,
    IN in_deadline_at DATETIME(6), INOUT io_room INT,
    INOUT io_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the products of a chunk''s roots without stock.'
BEGIN
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO products_history (
        history_root_id, history_version, id, code, name, form, price
    )
    SELECT k.history_root_id, k.history_version, s.id, s.code, s.name, s.form, s.price
    FROM (
        -- Several order_items can lead to one row: it is archived once.
        SELECT DISTINCT
            h.id AS history_root_id,
            h.history_version,
            order_items.product_id
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN order_items_history AS order_items
            ON order_items.history_root_id = h.id
                AND order_items.history_version = h.history_version
        WHERE h.history_chunk = in_chunk_id
    ) AS k
    STRAIGHT_JOIN pharmacy.products AS s ON s.id = k.product_id
    LIMIT io_room;

    CALL _count_copied(
        'products', ROW_COUNT(), in_roots, in_deadline_at, io_room, io_counts
    );
END;
