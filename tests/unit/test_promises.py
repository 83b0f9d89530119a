"""What docs/promises.md says of tests: each is there, under that name."""

from __future__ import annotations

import re

from bygones.sandbox.shop import PROJECT

DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


def test_each_promise_names_tests_that_are_there() -> None:
    promises = (PROJECT / "docs" / "promises.md").read_text(encoding="utf-8")
    defined = {
        name
        for file in (PROJECT / "tests").rglob("test_*.py")
        for name in DEFINED.findall(file.read_text(encoding="utf-8"))
    }
    rows = [line for line in promises.splitlines() if line.startswith("| **")]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]

    assert len(rows) == 9
    assert all(named)
    assert {name for each in named for name in each} - defined == set()
