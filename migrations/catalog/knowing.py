"""Write what a procedure knows of the source, and read it again."""

from __future__ import annotations

import json
import re

from migrations.catalog.fingerprint import Trait
from migrations.definitions import words
from migrations.names import literal, unescaped


def written(trait: Trait) -> str:
    """Write a trait as JSON in a string of SQL.

    A double quote has another form, so that a line is broken at no blank of a name.
    """
    said = [*trait]
    while said[-1] is None:
        said.pop()
    text = json.dumps(said, ensure_ascii=False)
    quotes = {'\\"': "\\u0022"}
    text = re.sub(r"\\.", lambda pair: quotes.get(pair[0], pair[0]), text)
    return literal(text)[1:-1]


def known_traits(text: str) -> list[Trait]:
    """Read them from the text of `_describe_<archive>_drift`."""
    said = words(text)
    listed = said[said.index("DEFAULT", said.index("v_known")) + 1]
    return [Trait(*each) for each in json.loads(unescaped(listed))]
