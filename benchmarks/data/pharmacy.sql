-- How a person copies the pharmacy by hand: a SELECT for each history table, with its
-- columns in their order. {roots} is a condition on the finished orders o.
-- STRAIGHT_JOIN: from the orders on, so that rows arrive in the order of their keys.

-- table orders_history
SELECT
    o.*,
    1,
    0
FROM {source}.orders AS o
WHERE {roots};

-- table order_items_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.order_items AS r ON r.order_id = o.id
WHERE {roots};

-- table batches_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.order_items AS i ON i.order_id = o.id
INNER JOIN {source}.batches AS r ON r.order_item_id = i.id
WHERE {roots};

-- table payments_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.payments AS r ON r.order_id = o.id
WHERE {roots};

-- table deliveries_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.deliveries AS r ON r.order_id = o.id
WHERE {roots};

-- table order_events_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.order_events AS r ON r.order_id = o.id
WHERE {roots};

-- table notes_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.notes AS r ON r.subject_type = 'order' AND r.subject_id = o.id
WHERE {roots};

-- table order_labels_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.order_labels AS r ON r.order_id = o.id
WHERE {roots};

-- table labels_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.order_labels AS l ON l.order_id = o.id
INNER JOIN {source}.labels AS r ON r.id = l.label_id
WHERE {roots};

-- table customers_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.customers AS r ON r.id = o.customer_id
WHERE {roots};

-- table prescribers_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.prescribers AS r ON r.id = o.prescriber_id
WHERE {roots};

-- table products_history
-- A product that is in an order twice is kept once; its stock is no part of the story.
SELECT STRAIGHT_JOIN
    k.order_id,
    1,
    r.id,
    r.code,
    r.name,
    r.form,
    r.price
FROM (
    SELECT DISTINCT STRAIGHT_JOIN
        i.order_id,
        i.product_id
    FROM {source}.orders AS o
    INNER JOIN {source}.order_items AS i ON i.order_id = o.id
    WHERE {roots}
) AS k
INNER JOIN {source}.products AS r ON r.id = k.product_id;
