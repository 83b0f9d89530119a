"""Names of tables and columns: plain ones, and those that SQL or the kit trip over."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = ("orders", "items", "notes", "a", "parts", "people", "id", "state", "kind")

# Words of SQL that need no quotes, though some stand where a column can't.
WORDS = (
    *("day", "date", "year", "count", "value", "status", "end", "unknown", "type"),
    *("offset", "names", "action", "user", "time", "timestamp", "json", "text", "bit"),
    *("first", "last", "position", "language", "data", "begin", "comment", "enum"),
    *("min", "left_", "interval_", "json_value_", "duplicate", "history", "body"),
)
# What procedures call their aliases and variables, and history its columns.
OURS = (
    *(
        "h",
        "s",
        "k",
        "c",
        "r",
        "w",
        "g",
        "u",
        "p",
        "e",
        "i",
        "o",
        "t",
        "t1",
        "t2",
        "t3",
    ),
    *(
        "v_try",
        "v_roots",
        "in_chunk_id",
        "in_lane",
        "in_after_key",
        "out_rows",
        "key_1",
    ),
    *("history_version", "history_chunk", "history_ordinal", "history_root_id"),
    *("history_root_1", "history_version_source", "root_key", "lane_", "digest"),
    *("in_history", "in_source", "is_equal", "relation", "inserted", "equal", "reason"),
    *("v_is_proven", "torn", "related", "chunk_id", "archive_", "attempts", "waiting_"),
    *("written", "written_history", "v_related", "size", "step", "upto", "after"),
    *("key_2", "numbers", "one_try", "copy_and_prove", "fence", "in_size", "cursor_"),
)
# Not without quotes.
ODD = (
    *("order", "group", "select", "key", "from", "Order Lines", "order-items", "rank"),
    *("ORDERS", "iD", "100", "1e5", "50%", "%s", "%(n)s", ":name", "a.b", "a$b", "?"),
    *(
        "back`tick",
        'dou"ble',
        "it's",
        "Größe",
        "größe",
        "注文",
        "\u017f",
        "{x}",
        "{{ x }}",
    ),
    *(
        " blank",
        "line\u2028separator",
        "form\x0cfeed",
        "tab\there",
        "\x01",
        "\ufeffbom",
        "a\u200bb",
        "no\xa0break",
        "a  b",
        "--",
        "# no comment",
        "/* c */",
        "a;b",
        "back\\slash",
        "a,b",
        "@x",
    ),
    *("written.orders", "`", "''", "a.b.c", "row_number", "lateral", "system", "of"),
)
# As long as a name can be: of a relation 42 characters, of a column 64.
LONG = "long_name_"

RESERVED = {
    *("order", "group", "select", "key", "from", "rank", "row_number", "lateral"),
    *("system", "of", "offset"),
}

MOST_OF_A_TABLE = 42
MOST_OF_A_COLUMN = 64
MOST_OF_AN_ARCHIVE = 48

# bygones has these of its own; declarations that use them are refused.
TAKEN = {
    *("archive", "lane", "chunk", "run", "waiting", "finding", "progress", "control"),
}


def names(most: int) -> st.SearchStrategy[str]:
    """Draw a name of so many characters at most."""
    long = st.tuples(st.sampled_from((LONG, *ODD)), st.integers(most - 3, most))
    return st.one_of(
        *[st.sampled_from(known) for known in (PLAIN, WORDS, OURS, ODD, PLAIN, ODD)],
        # At the end, where it is drawn less.
        st.integers(0, 5).flatmap(
            lambda n: (
                long.map(lambda drawn: (drawn[0] * most)[: drawn[1] - 1] + "x")
                if n == 5
                else st.sampled_from(PLAIN)
            )
        ),
    ).map(lambda name: name[:most].rstrip() or "a")


class Namer:
    """Gives names that the server can tell apart."""

    def __init__(
        self, draw: Callable[[st.SearchStrategy[str]], str], most: int
    ) -> None:
        self.draw = draw
        self.most = most
        self.taken = set(TAKEN)

    def name(self) -> str:
        """Draw a name; one that is taken gets a number."""
        name = self.draw(names(self.most))
        # Of tables there will be files.
        return self.free(
            name if self.most == MOST_OF_A_COLUMN else name.replace("/", "|")
        )

    def free(self, wanted: str) -> str:
        """Give the wanted name, or one like it."""
        name = wanted[: self.most].rstrip()
        number = 1
        while folded(name) in self.taken:
            number += 1
            name = f"{wanted[: self.most - 4]}_{number}"
        self.taken.add(folded(name))
        return name


def folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in letters if not unicodedata.combining(each))


def quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def needs_quotes(name: str) -> bool:
    return name in RESERVED or not re.fullmatch("[a-z_][a-z0-9_]*", name)
