"""Say which statements of a dump are run, and which are left out: no others.

A dump is somebody else's text. What is run defines tables, indexes and sequences; it
reads no rows, calls nothing that acts, and leads to no other schema, file or server.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from bygones.compiler.declaration.predicates import ACTS, FUNCTIONS
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.sandbox.rehearsal.lexing import Token

NAME = r"(?:<quoted>|[\w$]+)"
DEFINER = r"DEFINER = (?:\S+ @ \S+|CURRENT_USER \( \)|\S+) "

DEFINED = re.compile(
    r"CREATE (OR REPLACE )?(TABLE|SEQUENCE) |(DROP|ALTER) (TABLE|SEQUENCE|INDEX) "
    r"|CREATE (OR REPLACE )?((UNIQUE|FULLTEXT|SPATIAL) )?INDEX "
)
# What stands in for a view reads no table, and lets a view be known as one.
STAND_IN = re.compile(
    rf"CREATE VIEW {NAME} AS SELECT <number> AS {NAME}( , <number> AS {NAME})*"
)

VERBS = ("UPDATE", "DELETE", "TRUNCATE", "GRANT", "REVOKE")
# Statements that dumps have, and what they are called where it's worth a word.
LEFT_OUT = {
    re.compile(
        rf"CREATE (OR REPLACE )?(ALGORITHM = \w+ )?({DEFINER})?"
        r"(SQL SECURITY \w+ )?(AGGREGATE )?"
        r"(?P<kind>VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE) (?!.* SONAME )"
    ): "",
    re.compile("(INSERT|REPLACE) "): "INSERT",
    re.compile("(CREATE|ALTER|DROP) (USER|ROLE) "): "account",
    **{re.compile(f"{verb} "): verb for verb in VERBS},
    re.compile("DROP (VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE) "): "",
    re.compile("USE |(CREATE|ALTER|DROP) (DATABASE|SCHEMA) "): "",
    re.compile("(LOCK|UNLOCK) TABLES? |START TRANSACTION "): "",
    re.compile("(BEGIN|COMMIT|ROLLBACK) (WORK )?$"): "",
    re.compile("FLUSH |ANALYZE |CHANGE (MASTER|REPLICATION) "): "",
    re.compile("(CREATE|ALTER|DROP) (TABLESPACE|LOGFILE|UNDO) "): "",
    re.compile(
        rf"(DO|SELECT) SETVAL \( ({NAME} \. )?{NAME} , (- )?<number>"
        rf"( , ({NAME}|<number>))* \) $"
    ): "",
}

# Those that keep rows within the server; others may be files or other servers.
ENGINES = {
    *("INNODB", "MYISAM", "ARIA", "MEMORY", "HEAP", "ARCHIVE", "BLACKHOLE", "CSV"),
    *("NDB", "NDBCLUSTER", "ROCKSDB", "TOKUDB", "COLUMNSTORE"),
}
SIGNS = {
    *"(),.=<>+-*/%!~^&|",
    *("<=>", "->>", "->", "<=", ">=", "<>", "!=", "||", "&&", "<<", ">>"),
}
# A function is one in backquotes too; but indexes and tables may be called so.
ACTING = {"load_file", *(name for name, why in FUNCTIONS.items() if why == ACTS)}
NAMED = {"KEY", "INDEX", "UNIQUE", "REFERENCES", "TABLE", "EXISTS", "ON", "CONSTRAINT"}
# What a definition can't have in it, wherever a server would take it.
REACHING = re.compile(
    r"(?<= )(?:(?:SELECT|TABLE|INTO|UNION)(?= |$)"
    r"|VALUES(?! IN | LESS )|START TRANSACTION|(?:DISCARD|IMPORT) (?:\S+ )*TABLESPACE"
    r"|CONNECTION (?:=|<string>))"
)


def kind_left_out(tokens: Sequence[Token]) -> str | None:
    """Tell what a statement is that is left out: a word for it, or an empty one."""
    text = f"{said(tokens)} "
    for pattern, kind in LEFT_OUT.items():
        if found := pattern.match(text):
            return kind or (found.groupdict().get("kind") or "").lower()
    return None


def is_definition(tokens: Sequence[Token]) -> bool:
    """Tell whether a statement begins as those do that are run."""
    text = said(tokens)
    return DEFINED.match(text) is not None or STAND_IN.fullmatch(text) is not None


def reach(tokens: Sequence[Token]) -> str | None:
    """Name what a statement can't be run with; nothing of it is run then."""
    text = said(tokens)
    if STAND_IN.fullmatch(text):
        return None
    head = DEFINED.match(text)
    if head is None:
        return beginning(tokens)
    found = REACHING.search(text, head.end() - 1)
    what = found[0] if found else next(_reached(tokens), None)
    return f"{beginning(tokens)} with {what}" if what else None


def _reached(tokens: Sequence[Token]) -> Iterator[str]:
    """List the schemas, functions, signs and engines that no table of a dump has."""
    for token, after in pairwise(tokens):
        if token.is_name and after.text == ".":
            yield f"the schema {token.value!a}"
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_function = token.is_name and after.text == "(" and before.said not in NAMED
        if is_function and token.value.lower() in ACTING:
            yield token.value.upper()
    for token in tokens:
        if token.kind == "sign" and token.text not in SIGNS:
            yield f"{token.text!a}"
    for after in _engines(tokens):
        if after.value.upper() not in ENGINES:
            yield f"ENGINE {after.value!a}"


def beginning(tokens: Sequence[Token]) -> str:
    """Name a statement by its first two words, if they are words."""
    words = [*takewhile(lambda token: token.kind == "word", tokens[:2])]
    return ascii(said(words or tokens[:1])[:40])[1:-1]


def own_schema(tokens: Sequence[Token]) -> str | None:
    """Tell in which schema a table is created, where it says so."""
    found = re.match(rf"CREATE .*?TABLE (?:IF NOT EXISTS )?{NAME} \. ", said(tokens))
    return tokens[found[0].count(" ") - 2].value if found else None


def within(tokens: Sequence[Token], schema: str | None) -> list[Token]:
    """Leave out the schema's own name, and have foreign keys end in the schema.

    A table of another schema, which a foreign key may point at, isn't here anyway.
    """
    kept: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        names = tokens[place : place + 3]
        if [each.text for each in names[1:2]] != ["."] or not token.is_name:
            kept.append(token)
            place += 1
        elif token.value == schema:
            place += 2
        elif kept and kept[-1].said == "REFERENCES" and names[-1].is_name:
            name = quote(f"{token.value}.{names[-1].value}")
            kept.append(replace(token, kind="quoted", text=name))
            place += 3
        else:
            kept += names
            place += 3
    return kept


def without_places(tokens: Sequence[Token]) -> Iterator[Token]:
    """Leave out where rows are kept, and how they are encrypted."""
    place = 0
    while place < len(tokens):
        length = _place_length(tokens[place : place + 4])
        if not length:
            yield tokens[place]
        place += length or 1


def _place_length(tokens: Sequence[Token]) -> int:
    """Count the tokens of a place, or of none."""
    token, *rest = tokens
    name = token.value.upper() if token.is_name else ""
    start = 1
    if name in {"DATA", "INDEX"} and [each.said for each in rest[:1]] == ["DIRECTORY"]:
        start = 2
    elif name not in {"ENCRYPTION", "ENCRYPTED", "TABLESPACE"}:
        return 0
    is_said = [each.text for each in tokens[start : start + 1]] == ["="]
    after = next(iter(tokens[start + is_said :]), None)
    if after is None:
        return 0
    is_value = after.kind == "string" and token.kind == "word"
    if name == "ENCRYPTED":
        is_value = is_said and after.value.upper() == "YES"
    if name == "TABLESPACE":
        is_value = after.kind == "quoted" or (is_said and after.is_name)
    return start + is_said + 1 if is_value else 0


def said(tokens: Sequence[Token]) -> str:
    """Write what is said, without values and quoted names."""
    return " ".join(token.said for token in tokens)


def _engines(tokens: Sequence[Token]) -> Iterator[Token]:
    """List what each ENGINE is; a column may be called so."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        rest = tokens[place + 1 : place + 3]
        is_column = depth > 0 and tokens[place - 1].text in {"(", ","}
        if token.said == "ENGINE" and rest and not is_column:
            after = rest[-1] if rest[0].text == "=" else rest[0]
            if after.kind in {"word", "quoted", "string"}:
                yield after
