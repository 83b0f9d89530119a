"""What CALLs meet, so that together they come to every statement of a chunk."""

from __future__ import annotations

from dataclasses import dataclass

from tests.procedures import RELATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How a shop is made ready for a CALL, and by what the CALL is made.

    `harm` is done once and mended afterwards, `prepare` is done before every CALL, both
    by a superuser; `session` is the caller's own, and `held` is what another session
    has locked meanwhile. `{s}` stands for the source schema.
    """

    name: str
    harm: str = ""
    prepare: str = ""
    session: str = ""
    held: str = ""
    call: str = "CALL copy_orders_chunk(NULL)"
    mend: str = ""
    # Of two CALLs at once, one would not come as far.
    is_alone: bool = False


WALK = """
UPDATE archive SET target_ms = 5000, max_size = 3, max_threads_running = 10000,
    max_root_rows = 1000000, quarantine_round = 1,
    max_row_lock_waits = 10000, max_history_list_length = NULL, paused_at = NULL,
    pass_started_at = UTC_TIMESTAMP(6);
UPDATE lane SET cursor_key = NULL, waiting_key = NULL, walked_at = NULL,
    passed_at = NULL, is_look_next = 0, size = 1000, rows_per_root = 10, weighings = 0,
    key_window = 100000, is_capped = 0, looks = 0, quarantine_round = 1
"""
HEAVY = f"{WALK}; UPDATE lane SET size = 30, weighings = 16"
LOOK = f"""{WALK};
UPDATE lane SET is_look_next = 1, weighings = 16, walked_at = UTC_TIMESTAMP(6),
    passed_at = UTC_TIMESTAMP(6);
DELETE FROM waiting;
INSERT INTO waiting (archive, lane, root_key, reason, attempts, noted_at)
SELECT 'orders', k.number, k.root_key, 'deferred', {{attempts}}, UTC_TIMESTAMP(6)
FROM (
    SELECT l.number, CAST(JSON_ARRAY(CAST(o.id AS CHAR)) AS CHAR) AS root_key,
        ROW_NUMBER() OVER (
            PARTITION BY l.number ORDER BY CAST(JSON_ARRAY(CAST(o.id AS CHAR)) AS CHAR)
        ) AS place
    FROM lane AS l
    INNER JOIN {{{{s}}}}.orders AS o ON
        (l.from_key IS NULL OR o.id > JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')))
        AND (
            l.upto_key IS NULL OR o.id <= JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]'))
        )
    WHERE o.status = 'dispensed' AND o.id NOT IN (SELECT id FROM orders_history)
) AS k WHERE k.place <= 3
"""
PASSED = """
UPDATE lane SET walked_at = UTC_TIMESTAMP(6), passed_at = UTC_TIMESTAMP(6)
"""
DUE = "UPDATE archive SET pass_started_at = '2000-01-01'"
IDLE = f"""{WALK}; {PASSED};
UPDATE lane SET cursor_key = (SELECT CONCAT('["', MAX(id), '"]') FROM {{s}}.orders)
"""
# Every order that is copied then differs from its source.
TEAR = (
    "CREATE TRIGGER tear BEFORE INSERT ON orders_history FOR EACH ROW"
    " SET NEW.remark = 'torn'"
)
# The session's clock goes forward by more than a try may take; once, or at every row.
STALL = """
CREATE TRIGGER stall BEFORE INSERT ON {relation}_history FOR EACH ROW
    SET timestamp = @@timestamp
        + IF(@@timestamp - UNIX_TIMESTAMP(SYSDATE(6)) > 50, {again}, 100)
"""
# What history can't hold: once in a session, or always and slowly.
FAIL_ONCE = """
CREATE TRIGGER fail BEFORE INSERT ON orders_history FOR EACH ROW SET NEW.placed_at = IF(
    IS_USED_LOCK(CONCAT('failed ', CONNECTION_ID())) IS NULL,
    CONCAT('none', GET_LOCK(CONCAT('failed ', CONNECTION_ID()), 0)), NEW.placed_at
)
"""
FAIL = (
    "CREATE TRIGGER fail BEFORE INSERT ON orders_history FOR EACH ROW"
    " SET timestamp = @@timestamp + 100, NEW.placed_at = 'none'"
)
# Nothing of a row's.
FAIL_OTHERWISE = (
    "CREATE TRIGGER fail BEFORE INSERT ON orders_history FOR EACH ROW CALL nowhere()"
)
MANY = f"{WALK}; UPDATE archive SET max_size = 8"
# A CALL ends with the first that it sets aside.
HURRY = f"{WALK}; UPDATE archive SET target_ms = 30"

# A connection that nobody has any more.
LEFT_BY = 4_000_000_000

WALKING = Scenario(name="a walk", prepare=WALK)
FIRST = (
    WALKING,
    Scenario(
        name="a walk to one that goes alone",
        prepare=f"{HEAVY}; UPDATE archive SET max_size = 1",
    ),
    Scenario(
        name="a walk that weighs",
        prepare=f"{HEAVY}; UPDATE archive SET max_size = 8",
    ),
    Scenario(
        name="a walk that finds all light enough",
        prepare=f"{HEAVY}; UPDATE lane SET size = 100000",
    ),
    Scenario(name="a look at what waits", prepare=LOOK.format(attempts=0)),
    Scenario(name="a look at one that goes alone", prepare=LOOK.format(attempts=2)),
    Scenario(
        name="a look at some before one that goes alone",
        prepare=LOOK.format(attempts="IF(k.place = 3, 2, 0)"),
    ),
    Scenario(
        name="a full pass that is due",
        prepare=f"{WALK}; {PASSED}; {DUE}",
        is_alone=True,
    ),
    Scenario(name="torn orders", harm=TEAR, prepare=WALK, mend="DROP TRIGGER tear"),
    Scenario(
        name="torn orders, of which the list is cut",
        harm=TEAR,
        prepare=WALK,
        session="SET group_concat_max_len = 4",
        mend="DROP TRIGGER tear",
    ),
    *(
        Scenario(
            name=f"a try that is late after {relation}",
            harm=STALL.format(relation=relation, again=0),
            prepare=MANY,
            mend="DROP TRIGGER stall",
        )
        for relation in RELATIONS
    ),
    Scenario(
        name="a try that is late twice",
        harm=STALL.format(relation="order_items", again=100),
        prepare=MANY,
        mend="DROP TRIGGER stall",
    ),
    Scenario(
        name="orders that history can't hold",
        harm=FAIL,
        prepare=MANY,
        mend="DROP TRIGGER fail",
    ),
    Scenario(
        name="an order that fails once",
        harm=FAIL_ONCE,
        prepare=WALK,
        call="CALL copy_orders_chunk(1)",
        mend="DROP TRIGGER fail",
    ),
    Scenario(
        name="a history that is broken",
        harm=FAIL_OTHERWISE,
        prepare=WALK,
        mend="DROP TRIGGER fail",
    ),
    Scenario(
        name="an order that is too large",
        prepare=f"{HURRY}; UPDATE archive SET max_root_rows = 1",
        call="CALL copy_orders_chunk(1)",
    ),
    Scenario(
        name="an order that stays torn",
        harm=TEAR,
        prepare=f"{LOOK.format(attempts=4)}; UPDATE archive SET target_ms = 30",
        mend="DROP TRIGGER tear",
    ),
    Scenario(
        name="a retry of the quarantined",
        prepare=f"{LOOK.format(attempts=0)}; UPDATE archive SET quarantine_round = 2",
    ),
    Scenario(
        name="a look at one that is gone",
        prepare=f"{LOOK.format(attempts=0)};"
        " INSERT INTO waiting (archive, lane, root_key, reason, noted_at) SELECT"
        ' "orders", number, \'["-1"]\', "unfinished", UTC_TIMESTAMP(6) FROM lane',
    ),
    Scenario(
        name="keys that may come twice",
        harm="INSERT INTO orders_history (id, history_version, history_chunk)"
        " SELECT 1000000000, 1, MAX(id) FROM chunk",
        prepare=f"{WALK}; {PASSED}; {DUE}",
        mend="DROP TRIGGER orders_history_before_delete;"
        " DELETE FROM orders_history WHERE id = 1000000000",
        is_alone=True,
    ),
    Scenario(
        name="an archive that is paused",
        prepare=f"{WALK}; UPDATE archive SET paused_at = UTC_TIMESTAMP(6),"
        " paused_by = 'a DBA', pause_reason = 'a test'",
    ),
    Scenario(
        name="a busy server",
        prepare=f"{WALK}; UPDATE archive SET max_threads_running = 0",
    ),
    Scenario(
        name="lanes that are held",
        prepare=WALK,
        held="UPDATE lane SET holder_id = 7, held_at = UTC_TIMESTAMP(6)",
    ),
    Scenario(name="an open transaction", prepare=WALK, session="START TRANSACTION"),
    Scenario(name="a wrong argument", prepare=WALK, call="CALL copy_orders_chunk(0)"),
    Scenario(name="a clock of its own", prepare=WALK, session="SET timestamp = 1"),
    Scenario(name="a number given", prepare=WALK, session="SET insert_id = 100000"),
    Scenario(
        name="a column more",
        harm="ALTER TABLE {s}.notes ADD COLUMN more INT",
        prepare=WALK,
        mend="ALTER TABLE {s}.notes DROP COLUMN more",
    ),
    Scenario(
        name="a table less",
        harm="RENAME TABLE {s}.notes TO {s}.no_notes",
        prepare=WALK,
        mend="RENAME TABLE {s}.no_notes TO {s}.notes",
    ),
    Scenario(
        name="an archive that isn't there",
        harm="UPDATE archive SET name = 'prders'",
        mend="UPDATE archive SET name = 'orders'",
    ),
    Scenario(
        name="half a chunk that was committed",
        harm="INSERT INTO chunk (archive, lane, started_at, called_by, connection_id)"
        f" SELECT 'orders', number, UTC_TIMESTAMP(6), 'x', {LEFT_BY} FROM lane",
        prepare=f"{WALK}; UPDATE lane SET holder_id = {LEFT_BY},"
        " held_at = UTC_TIMESTAMP(6)",
        mend=f"DELETE FROM chunk WHERE connection_id = {LEFT_BY};"
        " UPDATE lane SET holder_id = NULL",
    ),
    Scenario(
        name="a sign of load that can't be read",
        prepare=f"{WALK}; UPDATE archive SET max_history_list_length = 4000000000",
    ),
)
# When everything is in history.
LAST = (
    Scenario(name="nothing to do", prepare=IDLE, is_alone=True),
    Scenario(
        name="nothing but torn orders",
        harm=f"{TEAR}; INSERT INTO {{s}}.orders (id, customer_id, status, placed_at)"
        " VALUES (900001, 1, 'dispensed', '2026-01-01')",
        prepare=IDLE,
        mend="DROP TRIGGER tear",
        is_alone=True,
    ),
)
