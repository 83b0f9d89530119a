"""What CALLs meet, so that together they come to every statement of a chunk."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.procedures import RELATIONS


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
    # What a CALL that fails leaves behind: it's made ready anew after each.
    stays_ready: bool = True


# Above the mark nothing is in history or waiting: as a chunk left it.
MARK = """
UPDATE lane AS l SET l.mark_key = (
    SELECT CONCAT('["', MAX(k.id), '"]')
    FROM (
        SELECT id FROM orders_history
        UNION ALL
        SELECT root_number FROM waiting_root
    ) AS k
    WHERE
        (l.from_key IS NULL OR k.id > JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')))
        AND (
            l.upto_key IS NULL OR k.id <= JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]'))
        )
)
"""
# A pass from before the first key: of what it meets, some is known.
PASS = f"""
UPDATE archive SET target_ms = 5000, max_size = 3, max_threads_running = 10000,
    max_root_rows = 1000000, quarantine_cycle = 1, prove_every = 1000000,
    max_row_lock_waits = 10000, max_history_list_length = NULL, paused_at = NULL,
    pass_started_at = UTC_TIMESTAMP(6);
UPDATE lane SET cursor_key = NULL, waiting_key = NULL, phase = 'scan',
    size = 1000, rows_per_root = 10, definitions = NULL, fixed_ms = 0,
    last_rows = NULL, last_ms = NULL, key_window = 100000, is_capped = 0, rechecks = 0,
    compared_by = NULL,
    quarantine_cycle = 1;
{MARK}
"""
SCAN = f"{PASS}; UPDATE lane SET cursor_key = mark_key"
RECHECK = f"""{PASS};
UPDATE lane SET phase = 'recheck', passed_at = UTC_TIMESTAMP(6);
DELETE FROM waiting_root;
INSERT INTO waiting_root (
    archive, lane, root_number, root_text, reason, attempts, noted_at, failed_at
)
SELECT 'orders', k.number, k.id, '', 'unfinished',
    {{failed}}, UTC_TIMESTAMP(6), IF({{failed}}, UTC_TIMESTAMP(6), NULL)
FROM (
    SELECT l.number, o.id,
        ROW_NUMBER() OVER (PARTITION BY l.number ORDER BY o.id) AS place
    FROM lane AS l
    INNER JOIN {{{{s}}}}.orders AS o ON
        (l.from_key IS NULL OR o.id > JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')))
        AND (
            l.upto_key IS NULL OR o.id <= JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]'))
        )
    WHERE o.status = 'dispensed' AND o.id NOT IN (SELECT id FROM orders_history)
) AS k WHERE k.place <= 3;
{MARK}
"""
PASSED = """
UPDATE lane SET phase = 'tail', passed_at = UTC_TIMESTAMP(6)
"""
LAST_KEYS = f"""{PASS}; {PASSED};
DELETE FROM waiting_root;
UPDATE lane SET cursor_key = mark_key
"""
DUE = "UPDATE archive SET pass_started_at = '2000-01-01'"
IDLE = f"""{PASS}; {PASSED};
UPDATE lane SET cursor_key = COALESCE(
    upto_key, (SELECT CONCAT('["', MAX(id), '"]') FROM {{s}}.orders)
)
"""
# A chunk of which the copy differs from its source, in one column of one relation.
TEAR = (
    "CREATE TRIGGER tear BEFORE INSERT ON {relation}_history FOR EACH ROW"
    " SET NEW.{column} = {to}"
)
TORN = {
    "orders": ("remark", "'torn'"),
    "order_items": ("quantity", "IF(NEW.quantity = 0, 1, 0)"),
    # An error would be no difference: of no key, and in the range of any type.
    "batches": ("units", "IF(NEW.units = 0, 1, 0)"),
    "payments": ("amount", "IF(NEW.amount = 0, 1, 0)"),
    "deliveries": ("address", "'torn'"),
    "order_events": ("event", "'torn'"),
    "notes": ("body", "'torn'"),
    "order_labels": ("label_id", "NEW.label_id + 1000"),
    "labels": ("name", "'torn'"),
    "customers": ("name", "'torn'"),
    "prescribers": ("name", "'torn'"),
    "products": ("name", "'torn'"),
}
# As where the statements of a function read two views: its own changes, a chunk sees.
TWO_VIEWS = (
    "CREATE TRIGGER tear BEFORE INSERT ON products_history FOR EACH ROW"
    " INSERT IGNORE INTO {s}.orders (id, customer_id, status, placed_at)"
    " VALUES (900000, 1, 'received', '2026-01-01')"
)
PROBED = "REPLACE INTO probe SELECT * FROM probed"
# A row takes longer than a chunk of many orders may: once in a session, or always.
STALL_ONCE = """
CREATE TRIGGER stall BEFORE INSERT ON order_items_history FOR EACH ROW
    SET @stalled = IF(
        IS_USED_LOCK(CONCAT('stalled ', CONNECTION_ID())) IS NULL,
        GET_LOCK(CONCAT('stalled ', CONNECTION_ID()), 0) + SLEEP(0.2), 0
    )
"""
STALL = (
    "CREATE TRIGGER stall BEFORE INSERT ON order_items_history FOR EACH ROW"
    " SET @stalled = SLEEP(0.1)"
)
# What history can't hold: once in a session, or always and slowly.
FAIL_ONCE = """
CREATE TRIGGER fail BEFORE INSERT ON orders_history FOR EACH ROW SET NEW.placed_at = IF(
    IS_USED_LOCK(CONCAT('failed ', CONNECTION_ID())) IS NULL,
    CONCAT('none', GET_LOCK(CONCAT('failed ', CONNECTION_ID()), 0)), NEW.placed_at
)
"""
FAIL = (
    "CREATE TRIGGER fail BEFORE INSERT ON orders_history FOR EACH ROW"
    " SET NEW.placed_at = CONCAT('none', SLEEP(0.1))"
)
# A lost scale: by its SQLSTATE a note.
CUT = "ALTER TABLE {table} ADD COLUMN cut DECIMAL(9, 0) AS ({value}) STORED"
# Nothing of a row's.
FAIL_OTHERWISE = (
    "CREATE TRIGGER fail BEFORE INSERT ON orders_history FOR EACH ROW CALL nowhere()"
)
FAIL_TO_NOTE = (
    "CREATE TRIGGER fail BEFORE INSERT ON waiting_root FOR EACH ROW"
    " SET NEW.noted_at = 'none'"
)
MANY = "UPDATE archive SET max_size = 8"
# A chunk of many orders may take 30 ms, and a CALL ends with the first that it sets
# aside.
HURRY = "UPDATE archive SET target_ms = 20"

# As if the last chunk of the connection had been compared.
NOT_COMPARED = (
    "CREATE TRIGGER compared BEFORE UPDATE ON lane FOR EACH ROW"
    " SET NEW.compared_by = CONNECTION_ID()"
)

SCANNING = Scenario(name="a scan", prepare=SCAN)
FIRST = (
    SCANNING,
    Scenario(name="a scan over what is known", prepare=PASS, is_alone=True),
    Scenario(
        name="a scan that meets what is known",
        prepare=f"{PASS}; UPDATE lane SET mark_key = NULL",
        is_alone=True,
    ),
    Scenario(
        name="a scan that isn't compared",
        harm=NOT_COMPARED,
        prepare=f"{SCAN}; UPDATE lane SET last_rows = 1, last_ms = 1",
        mend="DROP TRIGGER compared",
    ),
    Scenario(
        name="a scan by single orders",
        harm=NOT_COMPARED,
        prepare=f"{SCAN}; UPDATE archive SET max_size = 1",
        mend="DROP TRIGGER compared",
    ),
    Scenario(
        name="a scan over nothing but what is known",
        prepare=f"{PASS}; UPDATE lane SET key_window = 1",
        is_alone=True,
    ),
    Scenario(name="a recheck of what waits", prepare=RECHECK.format(failed=0)),
    Scenario(name="a recheck of one that goes alone", prepare=RECHECK.format(failed=1)),
    Scenario(
        name="a recheck of some before one that goes alone",
        prepare=RECHECK.format(failed="k.place = 3"),
    ),
    Scenario(
        name="a recheck of more than fit",
        prepare=f"{RECHECK.format(failed=0)}; UPDATE archive SET max_size = 2",
    ),
    Scenario(
        name="the last keys of a tail",
        prepare=f"{LAST_KEYS}; UPDATE archive SET max_size = 10000",
        is_alone=True,
    ),
    Scenario(
        name="a recheck beside new keys",
        prepare=f"{LAST_KEYS}; UPDATE lane SET phase = 'recheck'",
        is_alone=True,
    ),
    Scenario(
        name="nothing but what can't be noted",
        harm=FAIL_TO_NOTE,
        # Of the first five keys the last is unfinished, and all others are copied.
        prepare=f"{LAST_KEYS}; UPDATE archive SET max_size = 2;"
        " UPDATE lane SET key_window = 5",
        mend="DROP TRIGGER fail",
        is_alone=True,
    ),
    Scenario(
        name="a full pass that is due",
        prepare=f"{PASS}; {PASSED}; {DUE}",
        is_alone=True,
    ),
    *(
        Scenario(
            name=f"a copy of {relation} that differs",
            harm=TEAR.format(relation=relation, column=column, to=to),
            # Enough that every relation has rows.
            prepare=f"{PASS}; UPDATE archive SET max_size = 40",
            mend="DROP TRIGGER tear",
            stays_ready=False,
        )
        for relation, (column, to) in TORN.items()
    ),
    Scenario(
        name="two views",
        harm=f"{TWO_VIEWS}; CREATE TABLE probed AS SELECT * FROM probe",
        prepare=f"{PASS}; {PROBED}",
        mend=f"{PROBED}; DROP TABLE probed; DROP TRIGGER tear",
        is_alone=True,
        stays_ready=False,
    ),
    Scenario(
        name="a try that is late",
        harm=STALL_ONCE,
        prepare=f"{PASS}; {MANY}; {HURRY}",
        mend="DROP TRIGGER stall",
    ),
    Scenario(
        name="a try that is late twice",
        harm=STALL,
        prepare=f"{PASS}; {MANY}; {HURRY}",
        mend="DROP TRIGGER stall",
    ),
    *(
        Scenario(
            name=f"orders that history can't hold, in {name}",
            harm=FAIL,
            prepare=f"{prepare}; {MANY}",
            mend="DROP TRIGGER fail",
        )
        for name, prepare in (
            ("a scan", SCAN),
            ("a recheck", RECHECK.format(failed=0)),
            ("a hurry", f"{PASS}; {HURRY}"),
        )
    ),
    *(
        Scenario(
            name=f"{table} whose values history would cut, in {name}",
            harm=CUT.format(table=f"{table}_history", value="history_version + 0.5"),
            # Enough that every relation has rows, and never too late for that.
            prepare=f"{prepare}; {HURRY}; UPDATE archive SET max_size = 40;"
            " UPDATE lane SET fixed_ms = 2000",
            mend=f"ALTER TABLE {table}_history DROP COLUMN cut",
        )
        for table, name, prepare in (
            ("orders", "a scan", SCAN),
            ("orders", "a scan over what is known", PASS),
            ("orders", "a recheck", RECHECK.format(failed=0)),
            *((relation, "a scan", SCAN) for relation in RELATIONS),
        )
    ),
    Scenario(
        name="a value of the lane's that would be cut",
        harm=CUT.format(table="lane", value="size + 0.5"),
        prepare=PASS,
        mend="ALTER TABLE lane DROP COLUMN cut",
    ),
    Scenario(
        name="an order that fails once",
        harm=FAIL_ONCE,
        prepare=PASS,
        call="CALL copy_orders_chunk(1)",
        mend="DROP TRIGGER fail",
    ),
    Scenario(
        name="a history that is broken",
        harm=FAIL_OTHERWISE,
        prepare=PASS,
        mend="DROP TRIGGER fail",
    ),
    Scenario(
        name="an order that is too large",
        prepare=f"{PASS}; {HURRY}; UPDATE archive SET max_root_rows = 1",
        call="CALL copy_orders_chunk(1)",
    ),
    Scenario(
        name="a retry of the quarantined",
        prepare=f"{RECHECK.format(failed=0)}; UPDATE archive SET quarantine_cycle = 2",
    ),
    Scenario(
        name="a recheck of one that is gone",
        prepare=f"{RECHECK.format(failed=0)};"
        " INSERT INTO waiting_root"
        " (archive, lane, root_number, root_text, reason, noted_at)"
        " SELECT 'orders', number, -1, '', 'unfinished', UTC_TIMESTAMP(6) FROM lane",
    ),
    Scenario(
        name="keys that may come twice",
        harm="INSERT INTO orders_history (id, history_version, history_chunk)"
        " SELECT 1000000000, 1, MAX(id) FROM chunk",
        prepare=f"{PASS}; {PASSED}; {DUE}",
        mend="DROP TRIGGER orders_history_before_delete;"
        " DELETE FROM orders_history WHERE id = 1000000000",
        is_alone=True,
    ),
    Scenario(
        name="an archive that is paused",
        prepare=f"{PASS}; UPDATE archive SET paused_at = UTC_TIMESTAMP(6),"
        " paused_by = 'a DBA', pause_reason = 'a test'",
    ),
    Scenario(
        name="a busy server",
        prepare=f"{PASS}; UPDATE archive SET max_threads_running = 0",
    ),
    Scenario(
        name="lanes that are held",
        prepare=PASS,
        held="UPDATE lane SET holder_id = 7, held_at = UTC_TIMESTAMP(6)",
    ),
    Scenario(
        name="a server that wasn't probed",
        harm="CREATE TABLE probed AS SELECT * FROM probe",
        prepare=f"{PASS}; DELETE FROM probe",
        mend=f"{PROBED}; DROP TABLE probed",
    ),
    Scenario(name="an open transaction", prepare=PASS, session="START TRANSACTION"),
    Scenario(name="a wrong argument", prepare=PASS, call="CALL copy_orders_chunk(0)"),
    Scenario(name="a clock of its own", prepare=PASS, session="SET timestamp = 1"),
    Scenario(
        name="a column more",
        harm="ALTER TABLE {s}.notes ADD COLUMN more INT",
        prepare=PASS,
        session="SET @minds_drift = 1",
        mend="ALTER TABLE {s}.notes DROP COLUMN more",
    ),
    Scenario(
        name="a table less",
        harm="RENAME TABLE {s}.notes TO {s}.no_notes",
        prepare=PASS,
        mend="RENAME TABLE {s}.no_notes TO {s}.notes",
    ),
    Scenario(
        name="an archive that isn't there",
        harm="UPDATE archive SET name = 'prders'",
        mend="UPDATE archive SET name = 'orders'",
    ),
    Scenario(
        name="a sign of load that can't be read",
        prepare=f"{PASS}; UPDATE archive SET max_history_list_length = 4000000000",
    ),
)
# When everything is in history.
LAST = (Scenario(name="nothing to do", prepare=IDLE, is_alone=True),)
