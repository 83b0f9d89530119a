"""One word a thing: those that were given up stay out of the SQL and the docs."""

from __future__ import annotations

import re

import pytest

from bygones.sandbox.shop import PROJECT

# And what is said instead.
RETIRED = {
    "walk": "scan",
    "look": "tail, or recheck",
    "round": "cycle",
    "spell": "series",
    "stretch": "lane_sample",
    "weigh": "count rows, or bytes",
    "sign": "load metric",
    "kept": "archived",
    "deferred": "unfinished",
    "sourceless": "orphaned",
}
# Also inside a name: at_round. Not as a function, ROUND, nor as an option, --rounds.
WORD = re.compile(
    rf"(?<![A-Za-z-])(?:{'|'.join(RETIRED)})(?:s|ed|es|ing)?(?![A-Za-z])", re.MULTILINE
)

FILES = sorted(
    file.relative_to(PROJECT).as_posix()
    for pattern in ("sql/**/*.sql", "README.md", "docs/*.md")
    for file in PROJECT.glob(pattern)
)


@pytest.mark.parametrize("file", FILES)
def test_no_word_is_used_that_was_given_up(file: str) -> None:
    text = (PROJECT / file).read_text(encoding="utf-8")
    used = {
        (number, word[0])
        for number, line in enumerate(text.splitlines(), start=1)
        for word in WORD.finditer(line[:1].lower() + line[1:])
    }

    assert used == set()
