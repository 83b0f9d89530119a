"""The text of the SQL: what no procedure may say, and how everything is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bygones.compiler.definitions import ROLES
from bygones.sandbox.sample import definitions
from bygones.sandbox.shop import PROJECT

SQL = PROJECT / "sql"
FILES = {path.relative_to(SQL).as_posix(): path for path in definitions()}
NAMES = sorted(FILES)

# Under READ COMMITTED these alone read a source table without locking its rows, and
# the second only if it is what an INSERT reads.
READS = re.compile(
    r"SELECT\b.*?\bINTO\s+(out|v|io)_|INSERT INTO \w+ \([^()]*\) SELECT\b"
)

FORBIDDEN = {
    "SELECT *": r"SELECT\s+(\w+\.)?\*",
    "INSERT IGNORE": r"\b(INSERT|UPDATE|DELETE)\s+(\w+\s+)?IGNORE\b",
    "REPLACE INTO": r"\bREPLACE\s+(INTO|LOW_PRIORITY|DELAYED)\b",
    "OFFSET, or LIMIT n, m": r"\bOFFSET\b|\bLIMIT\s+\w+\s*,",
    "NOWAIT": r"\bNOWAIT\b",
    "FOR SHARE": r"\bFOR\s+SHARE\b|\bLOCK\s+IN\s+SHARE\b",
    "a temporary table": r"\bTEMPORARY\b",
    "PREPARE": r"\bPREPARE\b|\bEXECUTE\s+IMMEDIATE\b",
    "a user variable": r"(?<!@)@(?!@)",
    "GROUP_CONCAT": r"\bGROUP_CONCAT\b",
    "MD5, SHA or SHA1": r"\b(MD5|SHA|SHA1)\s*\(",
    "a function": r"\bCREATE\s+FUNCTION\b|\bRETURNS\b",
    "DROP or TRUNCATE": r"\b(DROP|TRUNCATE)\b",
    "DELIMITER": r"\bDELIMITER\b",
    "SET SESSION": r"\bSET\s+(SESSION|GLOBAL|@@)|\bGET_LOCK\b",
    "a COMMIT that may chain": r"\b(COMMIT|ROLLBACK)\b(?! AND NO CHAIN| TO SAVEPOINT)",
    "a CONTINUE handler that may hide 1205": r"\bCONTINUE HANDLER FOR SQLEXCEPTION\b",
    "SIGNAL": r"\bSIGNAL\b",
}
# The one place for each, and why its file says so.
ALLOWED = {
    # One key, as far on as a window is wide, which is bounded.
    (
        "OFFSET, or LIMIT n, m",
        "orders/procedures/_step_back_orders",
    ),
    (
        "OFFSET, or LIMIT n, m",
        "orders/procedures/_choose_waiting_orders",
    ),
    ("SIGNAL", "control/procedures/private/_raise"),
    (
        "a CONTINUE handler that may hide 1205",
        "control/procedures/private/_log_failure",
    ),
    ("a function", "orders/functions/_copy_orders_at_once"),
    ("a function", "orders/functions/_verify_orders_at_once"),
    # Of two sessions that take turns.
    ("a function", "control/functions/_canary"),
    ("SET SESSION", "control/functions/_canary"),
    ("SET SESSION", "control/procedures/caller/probe_reader"),
    ("SET SESSION", "control/procedures/caller/probe_writer"),
}


@pytest.mark.parametrize("name", NAMES)
def test_only_insert_select_and_select_into_name_a_source_table(name: str) -> None:
    assert locking_reads(text_of(name)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN SET v_n = (SELECT MAX(o.id) FROM pharmacy.orders AS o); END;",
        "BEGIN IF (SELECT MAX(o.id) FROM pharmacy.orders AS o) > 1 THEN DO 1; END IF;",
        "BEGIN IF EXISTS (SELECT 1 FROM pharmacy.orders AS o) THEN DO 1; END IF;",
        "BEGIN WHILE EXISTS (SELECT 1 FROM pharmacy.orders AS o) DO DO 1; END WHILE;",
        "INSERT INTO t (a) VALUES ((SELECT MAX(o.id) FROM pharmacy.orders AS o));",
        "INSERT INTO t SET a = (SELECT MAX(o.id) FROM pharmacy.orders AS o);",
        "BEGIN UPDATE t INNER JOIN pharmacy.orders AS o ON o.id = t.id SET t.a = 1;",
        "BEGIN DELETE t FROM t INNER JOIN pharmacy.orders AS o ON o.id = t.id;",
        "DELETE FROM t WHERE id IN (SELECT o.id FROM `pharmacy`.orders AS o);",
        "BEGIN SELECT o.id FROM pharmacy.orders AS o; END;",
        "BEGIN CALL p((SELECT MAX(o.id) FROM pharmacy.orders AS o)); END;",
        "BEGIN DECLARE v_n INT DEFAULT (SELECT MAX(o.id) FROM pharmacy.orders AS o);",
        "BEGIN DECLARE c CURSOR FOR SELECT o.id FROM pharmacy.orders AS o; END;",
        "BEGIN SELECT o.id INTO v_n FROM pharmacy.orders AS o FOR UPDATE; END;",
        "BEGIN IF v_n THEN UPDATE pharmacy.orders SET status = 1; END IF; END;",
    ],
)
def test_the_scan_finds_a_statement_that_would_lock(statement: str) -> None:
    assert len(locking_reads(statement)) == 1


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_nothing_forbidden_is_said(forbidden: str) -> None:
    found = {
        (forbidden, name.rpartition("_v")[0])
        for name in NAMES
        if re.search(FORBIDDEN[forbidden], text_of(name))
    }

    assert found == {place for place in ALLOWED if place[0] == forbidden}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_one_statement_under_its_own_name(name: str) -> None:
    path = FILES[name]
    folder = path.parent.parent if path.parent.name in ROLES else path.parent
    kind = folder.name.removesuffix("s").upper()
    stem, _, version = path.stem.rpartition("_v")
    text = path.read_text(encoding="utf-8")
    code = text_of(name)

    assert re.fullmatch(r"\d\d", version)
    assert re.match(
        r"CREATE (OR REPLACE )?(SQL SECURITY INVOKER )?"
        r"(EVENT|FUNCTION|PROCEDURE|TABLE|TRIGGER|VIEW)"
        rf" (IF NOT EXISTS )?pharmacy_history\.{stem}\b",
        text,
    )
    assert code.split()[1] in {kind, "OR"}
    assert text.endswith(";\n")
    if kind in ("EVENT", "FUNCTION", "PROCEDURE"):
        assert text.endswith("\nEND;\n")
        assert len(re.findall(r"^END\b", text, re.MULTILINE)) == 1
    else:
        assert code.count(";") == 1


@pytest.mark.parametrize("name", [n for n in NAMES if "/procedures/" in n])
def test_parameters_begin_with_in_or_out_and_variables_with_v(name: str) -> None:
    code = text_of(name)
    header = code.partition(" BEGIN ")[0]
    declared = re.findall(r"\bDECLARE\s+(?!EXIT|CONTINUE)(\w+)", code)
    parameters = re.findall(r"\b(IN|OUT|INOUT)\s+(\w+)\s+[A-Z]", header)

    assert [v for v in declared if not v.startswith("v_")] == []
    prefixes = {"IN": "in_", "OUT": "out_", "INOUT": "io_"}
    assert [p for p in parameters if not p[1].startswith(prefixes[p[0]])] == []
    assert len(parameters) == len(re.findall(r"[(,] (IN|OUT|INOUT) ", header))


@pytest.mark.parametrize("name", [n for n in NAMES if "/procedures/" in n])
def test_every_characteristic_of_a_procedure_is_stated_in_one_order(name: str) -> None:
    code = text_of(name)
    is_private = Path(name).name.startswith("_")

    assert re.search(
        r"\) (NO SQL|READS SQL DATA|MODIFIES SQL DATA)"
        r" SQL SECURITY (DEFINER|INVOKER) COMMENT '' (\w+: )?BEGIN ",
        code,
    )
    assert not (is_private and "SQL SECURITY DEFINER" in code)


def text_of(name: str) -> str:
    """Read a file without its comments and without what stands between quotes."""
    text = FILES[name].read_text(encoding="utf-8")
    text = re.sub(r"'(?:[^'\\]|\\.|'')*'|--[^\n]*", _blank, text)
    return " ".join(text.split())


def _blank(found: re.Match[str]) -> str:
    return "''" if found[0].startswith("'") else ""


def locking_reads(text: str) -> list[str]:
    """List the statements that name a source table and are of no harmless form."""
    found = []
    for statement in re.split(r";|\bBEGIN\b|\bLOOP\b", text):
        # What comes after IF ... THEN is a statement, what comes before isn't.
        parts = re.split(
            r"\b(?:THEN|ELSE|DO)\s+(?=(?:SELECT|INSERT|UPDATE|DELETE|SET|CALL|IF)\b)",
            statement,
        )
        found += [
            part.strip()
            for part in parts
            if re.search(r"(?<!\w)(pharmacy|`pharmacy`)\s*\.", part)
            and (
                not READS.match(part.strip())
                or re.search(r"\bFOR UPDATE\b|\bVALUES\b", part)
            )
        ]
    return found
