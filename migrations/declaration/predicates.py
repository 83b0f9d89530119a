"""Check the predicates in archives.toml, as far as words and signs tell.

They are put into the generated SQL as they are, so none may reach beyond its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrations.names import TOKEN

if TYPE_CHECKING:
    from migrations.declaration.table import Table

# What answers something else the next time, and what reads more than a row; with a
# space between all tokens, so that no column of such a name is meant.
BEYOND_THE_ROW = re.compile(
    r"""
    (?<!\S) (?<!\.\ )
    (?: (?: now | sysdate | curdate | curtime | rand | uuid | uuid_short
          | random_bytes | connection_id | user | session_user | system_user
          | last_insert_id | row_count | found_rows ) (?=\ \()
      | unix_timestamp (?=\ \(\ \))
      | current_(?:date|time|timestamp|user) | localtime | localtimestamp
      | utc_(?:date|time|timestamp)
      | (?P<select> select ) )
    (?!\S)
    """,
    re.VERBOSE,
)


def read_predicate(table: Table, key: str, *, only_columns: bool = False) -> str | None:
    """Read a predicate; `only_columns`: of one row's columns and nothing else."""
    predicate = table.text(key)
    if predicate is None:
        return None
    problem = _shape_problem(predicate)
    if problem is None and only_columns:
        problem = _reach_problem(predicate)
    if problem is not None:
        table.refuse(key, problem)
    return predicate


def _shape_problem(predicate: str) -> str | None:
    """Tell where a predicate ends early, or doesn't end."""
    depth = 0
    for token in TOKEN.finditer(predicate):
        text, kind = token[0], token.lastgroup
        depth += (text == "(") - (text == ")")
        if depth < 0:
            return 'found ")" without its "("'
        if kind == "space" and text.strip():
            return "found a comment; write it in TOML, after #"
        if text.startswith("@"):
            return f"found {text}; expected no variables"
        if text in {"'", '"', "`"}:
            return f"found {text} without its second one"
        if text == ";":
            return "found a semicolon; expected one predicate"
    return 'found "(" without its ")"' if depth else None


def _reach_problem(predicate: str) -> str | None:
    """Tell what depends on more than the row."""
    words = " ".join(
        token[0].lower()
        for token in TOKEN.finditer(predicate)
        if token.lastgroup not in {"space", "string"}
    )
    found = BEYOND_THE_ROW.search(words)
    if found is None:
        return None
    why = "reads more than the root" if found["select"] else "changes by itself"
    return (
        f"found {found[0]}, which {why}; expected a predicate over the root's columns "
        "(time goes in settled)"
    )
