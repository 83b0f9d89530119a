"""The event: what it may say, and that a misspelling isn't "all archives"."""

import pytest

from runner.errors import ConfigurationError
from runner.event import Request, parse


def test_an_empty_event_means_all_archives() -> None:
    assert parse({}) == Request(archive=None, max_roots=None)


def test_an_event_names_an_archive_and_a_size() -> None:
    assert parse({"archive": "orders", "max_roots": 5}) == Request("orders", 5)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ([], "no JSON object"),
        (None, "no JSON object"),
        ({"archiv": "orders"}, '"archiv" is no key'),
        ({"archive": 3}, '"archive" must be a name'),
        ({"archive": ""}, '"archive" must be a name'),
        ({"max_roots": "5"}, '"max_roots" must be a whole number'),
        ({"max_roots": True}, '"max_roots" must be a whole number'),
        ({"max_roots": 0}, '"max_roots" must be a whole number'),
    ],
)
def test_refuses_an_event_and_names_what_is_wrong(event: object, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        parse(event)
