-- How a person copies TPC-H by hand: a SELECT for each history table, with its columns
-- in their order. {roots} is a condition on the finished orders o.
-- STRAIGHT_JOIN: from the orders on, so that rows arrive in the order of their keys.

-- table orders_history
SELECT
    o.*,
    1,
    0
FROM {source}.orders AS o
WHERE {roots};

-- table lineitem_history
SELECT STRAIGHT_JOIN
    o.o_orderkey,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.lineitem AS r ON r.l_orderkey = o.o_orderkey
WHERE {roots};

-- table customer_history
SELECT STRAIGHT_JOIN
    o.o_orderkey,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.customer AS r ON r.c_custkey = o.o_custkey
WHERE {roots};

-- table nation_history
SELECT STRAIGHT_JOIN
    o.o_orderkey,
    1,
    r.*
FROM {source}.orders AS o
INNER JOIN {source}.customer AS c ON c.c_custkey = o.o_custkey
INNER JOIN {source}.nation AS r ON r.n_nationkey = c.c_nationkey
WHERE {roots};

-- table partsupp_history
SELECT STRAIGHT_JOIN
    k.o_orderkey,
    1,
    r.*
FROM (
    SELECT DISTINCT STRAIGHT_JOIN
        o.o_orderkey,
        l.l_partkey,
        l.l_suppkey
    FROM {source}.orders AS o
    INNER JOIN {source}.lineitem AS l ON l.l_orderkey = o.o_orderkey
    WHERE {roots}
) AS k
INNER JOIN {source}.partsupp AS r
    ON r.ps_partkey = k.l_partkey AND r.ps_suppkey = k.l_suppkey;

-- table part_history
SELECT STRAIGHT_JOIN
    k.o_orderkey,
    1,
    r.*
FROM (
    SELECT DISTINCT STRAIGHT_JOIN
        o.o_orderkey,
        l.l_partkey
    FROM {source}.orders AS o
    INNER JOIN {source}.lineitem AS l ON l.l_orderkey = o.o_orderkey
    WHERE {roots}
) AS k
INNER JOIN {source}.part AS r ON r.p_partkey = k.l_partkey;

-- table supplier_history
SELECT STRAIGHT_JOIN
    k.o_orderkey,
    1,
    r.*
FROM (
    SELECT DISTINCT STRAIGHT_JOIN
        o.o_orderkey,
        l.l_suppkey
    FROM {source}.orders AS o
    INNER JOIN {source}.lineitem AS l ON l.l_orderkey = o.o_orderkey
    WHERE {roots}
) AS k
INNER JOIN {source}.supplier AS r ON r.s_suppkey = k.l_suppkey;
