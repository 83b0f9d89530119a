"""Write what a procedure knows of tables, and read it again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from bygones.compiler.catalog.traits import Trait
from bygones.compiler.definitions import words
from bygones.compiler.names import literal, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable

# Where a table's name, and what more there is of a trait, stand in what is written.
PLACES = {"source": (0, 2), "history": (1, 3)}
Place = Literal["source", "history"]


def written(source: Iterable[Trait], history: Iterable[Trait]) -> list[str]:
    """Write a table's traits, and its history's, as pieces of JSON in a string of SQL.

    A list of both names and, by their kinds, of what is known: a name, a type, and more
    of it at the source and in history.
    """
    known: dict[str, dict[tuple[str, str | None], list[str | None]]] = {}
    names: list[str | None] = [None, None]
    for place, traits in enumerate((source, history)):
        for trait in traits:
            names[place] = trait.table
            row = known.setdefault(trait.kind, {}).setdefault(trait[2:4], [None, None])
            row[place] = trait.more or ""
    pieces: list[str] = []
    for kind, rows in known.items():
        first, *others = [_json(_short([*what, *row])) for what, row in rows.items()]
        pieces += [f"[{_json(kind)}, [{first}", *others]
        pieces[-1] += "]]"
    pieces[0] = f"[{_json(names[0])}, {_json(names[1])}, [{pieces[0]}"
    pieces[-1] += "]]"
    return pieces


def known_json(text: str) -> str:
    """Find what `_check_<archive>_source` tells `_check_definitions`."""
    said = words(text)
    called = said.index("_check_definitions")
    return unescaped(next(word for word in said[called:] if word.startswith("'[")))


def known_traits(text: str, place: Place = "source") -> list[Trait]:
    """Read them from the text of `_check_<archive>_source`."""
    name, more = PLACES[place]
    return [
        Trait(table[name], kind, each[0], each[1], each[more] or None)
        for table in json.loads(known_json(text))
        for kind, of_kind in table[2]
        for each in of_kind
        if each[more:] and each[more] is not None
    ]


def _short(row: list[str | None]) -> list[str | None]:
    return row[:-1] if row[-1] is None else row


def _json(value: object) -> str:
    """Write JSON for a string of SQL, as JSON_QUOTE writes what isn't ASCII's letters.

    Only a double quote has another form: so a line is broken at no blank of a name.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = re.sub(r"\\(?:u00..|.)", lambda sign: _escape(sign[0]), text)
    return literal(text)[1:-1]


def _escape(sign: str) -> str:
    if sign == '\\"':
        return "\\u0022"
    return sign[:2] + sign[2:].upper()
