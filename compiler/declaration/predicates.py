"""Check the predicates in archives.toml, as far as words and signs tell.

They are put into the generated SQL as they are, so none may reach beyond its place; and
a chunk, its proof and every later look must get the same answer for the same rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bygones.compiler.declaration.names import writing_problem
from bygones.compiler.names import TOKEN, unquote

if TYPE_CHECKING:
    from bygones.compiler.declaration.table import Table

# What a predicate is over.
OF_ROOT = "the root's columns (time goes in settled)"
JOINED = "columns of the relation and of what it is joined to"

CHANGES = "changes by itself"
DIFFERS = "differs from session to session"
ACTS = "does more than answer"
READS = "reads more than the row"
LOCALE = "depends on the session's lc_time_names"

FUNCTIONS = {
    **dict.fromkeys(
        (
            *("now", "sysdate", "curdate", "curtime", "rand", "random_bytes"),
            *("uuid", "uuid_short", "uuid_v4", "uuid_v7", "sys_guid", "encrypt"),
            *("nextval", "lastval", "setval", "rownum"),
        ),
        CHANGES,
    ),
    **dict.fromkeys(
        (
            *("connection_id", "user", "session_user", "system_user", "current_role"),
            *("database", "schema", "last_insert_id", "row_count", "found_rows"),
            *("version", "icu_version", "ps_thread_id", "ps_current_thread_id"),
            *("wsrep_last_seen_gtid", "wsrep_last_written_gtid"),
        ),
        DIFFERS,
    ),
    **dict.fromkeys(
        (
            *("sleep", "benchmark", "get_lock", "release_lock", "release_all_locks"),
            *("is_free_lock", "is_used_lock", "master_pos_wait", "source_pos_wait"),
            *("master_gtid_wait", "wait_for_executed_gtid_set"),
            *("wsrep_sync_wait_upto_gtid",),
        ),
        ACTS,
    ),
    **dict.fromkeys(("load_file", "match"), READS),
    **dict.fromkeys(("monthname", "dayname"), LOCALE),
    "from_unixtime": "depends on the session's time_zone",
}
# Without backquotes they are no columns.
WORDS = {
    **dict.fromkeys(
        (
            *("current_date", "current_time", "current_timestamp", "localtime"),
            *("localtimestamp", "utc_date", "utc_time", "utc_timestamp"),
        ),
        CHANGES,
    ),
    "current_user": DIFFERS,
    **dict.fromkeys(("select", "table"), READS),
}
# Names of months and days in a format.
NAMED = re.compile("(?<!%)(?:%%)*%[abMW]")


def read_predicate(table: Table, key: str, expected: str) -> str | None:
    """Read a predicate over columns; `expected` says over which."""
    predicate = table.text(key)
    if predicate is None:
        return None
    words = [
        token[0] if token.lastgroup == "string" else token[0].lower()
        for token in TOKEN.finditer(predicate)
        if token.lastgroup != "space"
    ]
    beyond = _found_beyond(words)
    problem = (
        _shape_problem(predicate)
        or _null_problem(words)
        or (beyond and f"found {beyond}; expected a predicate over {expected}")
    )
    if problem:
        table.refuse(key, problem)
    return predicate


def _shape_problem(predicate: str) -> str | None:
    """Tell where a predicate ends early, or doesn't end."""
    depth = 0
    for token in TOKEN.finditer(predicate):
        text = token[0]
        depth += (text == "(") - (text == ")")
        if depth < 0:
            return 'found ")" without its "("'
        if problem := _token_problem(text, token.lastgroup):
            return problem
    return 'found "(" without its ")"' if depth else None


def _token_problem(text: str, kind: str | None) -> str | None:
    if kind == "space":
        comment = text.strip()
        return "found a comment; write it in TOML, after #" if comment else None
    if text.startswith("@"):
        return f"found {text}; expected no variables"
    if text in {"'", '"', "`"}:
        return f"found {text} without its second one"
    if text == ";":
        return "found a semicolon; expected one predicate"
    # A string says \\n instead.
    return writing_problem(unquote(text)) if kind == "name" else None


def _null_problem(words: list[str]) -> str | None:
    """Tell where a comparison with NULL is true of nothing."""
    for place, word in enumerate(words):
        signs = "".join(words[max(place - 3, 0) : place])
        found = re.search("(?:[!<>]=|<>|[=<>])$", signs)
        if word == "null" and found and not signs.endswith("<=>"):
            instead = "IS NOT NULL" if found[0] in {"<>", "!="} else "IS NULL"
            return f"found {found[0]} NULL, which is true of no row; write {instead}"
    return None


def _found_beyond(words: list[str]) -> str | None:
    """Tell what doesn't depend on the row alone."""
    for place, word in enumerate(words):
        if words[place - 1 : place] == ["."]:  # a column
            continue
        why = WORDS.get(word)
        name = unquote(word)  # a function is one in backquotes too
        if words[place + 1 : place + 2] == ["("]:
            why = why or FUNCTIONS.get(name) or _why(name, _arguments(words, place))
        if why:
            return f"{name}, which {why}"
    return None


def _why(function: str, arguments: list[str]) -> str | None:
    """Tell why a function can't be used with these arguments, in tokens."""
    if function == "unix_timestamp" and not arguments:
        return CHANGES
    if function == "week" and "," not in arguments:
        return "depends on the session's default_week_format unless it's given a mode"
    if function == "date_format" and any(map(NAMED.search, arguments)):
        return LOCALE
    return None


def _arguments(words: list[str], place: int) -> list[str]:
    """List what stands in a function's brackets, but not in brackets of its own."""
    arguments = []
    depth = 0
    for word in words[place + 1 :]:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            break
        if depth == 1 and word != "(":
            arguments.append(word)
    return arguments
