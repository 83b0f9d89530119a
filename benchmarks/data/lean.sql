-- How a person copies the lean shop by hand: a SELECT for each history table, with its
-- columns in their order. {roots} is a condition on the finished orders o.

-- table orders_history
SELECT
    o.*,
    1,
    0
FROM {source}.orders AS o
WHERE {roots};

-- table items_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.items AS r ON r.order_id = o.id
WHERE {roots};

-- table customers_history
SELECT STRAIGHT_JOIN
    o.id,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.customers AS r ON r.id = o.customer_id
WHERE {roots};
