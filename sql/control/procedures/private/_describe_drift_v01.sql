CREATE PROCEDURE pharmacy_history._describe_drift (
    IN in_changes LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_room INT,
    OUT out_told VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Say in words what changed of tables, as far as there is room.'
BEGIN
    -- Each change as it is found: table, kind of trait, its name, type and more as they
    -- were known, and as they are.
    WITH changed AS (
        SELECT c.table_name, c.kind, c.name, c.was, c.was_more, c.type, c.more
        FROM JSON_TABLE(
            in_changes, '$[*]' COLUMNS (
                table_name VARCHAR(64) COLLATE utf8mb4_bin PATH '$[0]',
                kind VARCHAR(64) COLLATE utf8mb4_bin PATH '$[1]',
                name VARCHAR(64) COLLATE utf8mb4_bin PATH '$[2]',
                was LONGTEXT COLLATE utf8mb4_bin PATH '$[3]',
                was_more VARCHAR(200) COLLATE utf8mb4_bin PATH '$[4]',
                type LONGTEXT COLLATE utf8mb4_bin PATH '$[5]',
                more VARCHAR(200) COLLATE utf8mb4_bin PATH '$[6]'
            )
        ) AS c
    ),

    worded AS (
        SELECT
            c.table_name,
            CASE
                WHEN c.kind = 'column' AND c.was IS NULL
                    THEN CONCAT('a column more, ', c.name, ' ', c.type)
                WHEN c.kind = 'column' AND c.type IS NULL
                    THEN CONCAT('a column less, ', c.name)
                WHEN c.kind = 'column'
                    THEN CONCAT(
                        c.name, ' was ',
                        CONCAT_WS(
                            ' ',
                            CASE WHEN c.was <> c.type THEN c.was END,
                            CASE WHEN c.was_more <> c.more THEN c.was_more END
                        ),
                        ', is ',
                        CONCAT_WS(
                            ' ',
                            CASE WHEN c.was <> c.type THEN c.type END,
                            CASE WHEN c.was_more <> c.more THEN c.more END
                        )
                    )
                WHEN c.kind = 'engine'
                    THEN CONCAT('the engine was ', c.was, ', is ', c.type)
                WHEN c.kind = 'index'
                    THEN CONCAT('the index on ', c.name, ' is gone')
                WHEN c.kind LIKE 'unique%'
                    THEN CONCAT('the unique index ', c.name, ' changed')
                WHEN c.kind = 'trigger' AND c.type IS NULL
                    THEN CONCAT('the trigger ', c.name, ' is gone')
                WHEN c.kind = 'trigger'
                    THEN CONCAT('a trigger more, ', c.name, ' ', c.type)
                ELSE 'another primary key'
            END AS said,
            CASE
                WHEN c.kind = 'column' AND c.was IS NULL
                    THEN CONCAT('a column more, ', c.name)
                WHEN c.kind = 'column' AND c.type IS NOT NULL
                    THEN CONCAT(c.name, ' changed')
                WHEN c.kind = 'engine'
                    THEN 'another engine'
                WHEN c.kind = 'trigger'
                    THEN 'other triggers'
            END AS said_in_short
        FROM changed AS c
    ),

    -- All that changed; or in short, as much as there is room for beside '; and 9999
    -- more'. No name is cut.
    measured AS (
        SELECT
            w.table_name,
            w.said,
            COALESCE(w.said_in_short, w.said) AS said_in_short,
            SUM(CHAR_LENGTH(w.table_name) + CHAR_LENGTH(w.said) + 4) OVER ()
            <= in_room + 2 AS is_short
        FROM worded AS w
    ),

    told AS (
        SELECT DISTINCT
            m.table_name,
            CASE
                WHEN m.is_short
                    THEN CONCAT(m.table_name, ': ', m.said)
                WHEN
                    CHAR_LENGTH(m.table_name) + CHAR_LENGTH(m.said_in_short)
                    <= in_room - 17
                    THEN CONCAT(m.table_name, ': ', m.said_in_short)
                ELSE m.table_name
            END AS said
        FROM measured AS m
    ),

    -- One change of each table, before a second one of any.
    ordered AS (
        SELECT
            t.said,
            ROW_NUMBER() OVER (PARTITION BY t.table_name ORDER BY t.said) AS place
        FROM told AS t
    ),

    counted AS (
        SELECT
            o.said,
            ROW_NUMBER() OVER (ORDER BY o.place, o.said) AS number,
            SUM(CHAR_LENGTH(o.said) + 2) OVER (ORDER BY o.place, o.said) AS characters,
            SUM(CHAR_LENGTH(o.said) + 2) OVER () AS all_characters
        FROM ordered AS o
    ),

    -- Four changes at most.
    fitting AS (
        SELECT
            c.said,
            c.number,
            c.all_characters <= in_room + 2 OR c.characters <= in_room - 13 AS does_fit
        FROM counted AS c
    )

    SELECT
        CONCAT_WS(
            '; ',
            MAX(CASE WHEN f.number = 1 AND f.does_fit THEN f.said END),
            MAX(CASE WHEN f.number = 2 AND f.does_fit THEN f.said END),
            MAX(CASE WHEN f.number = 3 AND f.does_fit THEN f.said END),
            MAX(CASE WHEN f.number = 4 AND f.does_fit THEN f.said END),
            CONCAT('and ', NULLIF(SUM(NOT f.does_fit), 0), ' more')
        )
    INTO out_told
    FROM fitting AS f;
END;
