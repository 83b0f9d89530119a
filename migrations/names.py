"""Map the schema names that the SQL was written with to the installed ones."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import tokenize
from sqlglot.tokens import TokenType

SUFFIX = "_history"


@dataclass(frozen=True, slots=True)
class Schemas:
    """A source schema, and the history schema that goes with it."""

    source: str

    @property
    def history(self) -> str:
        """The schema that bygones owns."""
        return self.source + SUFFIX


def quote(identifier: str) -> str:
    """Quote an identifier for MySQL."""
    return f"`{identifier.replace('`', '``')}`"


def rename(sql: str, *, written: Schemas, installed: Schemas) -> str:
    """Put the installed schemas in the place of the written ones.

    By token and never by text: what is in a string or a comment stays as it is, and
    so does a table, a column or an alias that happens to have a schema's name. A
    schema's name is an identifier with a dot behind it and none before it.
    """
    if written == installed:
        return sql
    names = {
        written.source: quote(installed.source),
        written.history: quote(installed.history),
    }
    tokens = tokenize(sql, read="mysql")
    pieces: list[str] = []
    done = 0
    for before, token, after in zip(
        [None, *tokens], tokens, [*tokens[1:], None], strict=False
    ):
        if (
            token.text in names
            and token.token_type is not TokenType.STRING
            and after is not None
            and after.token_type is TokenType.DOT
            and (before is None or before.token_type is not TokenType.DOT)
        ):
            pieces += [sql[done : token.start], names[token.text]]
            done = token.end + 1
    return "".join([*pieces, sql[done:]])
