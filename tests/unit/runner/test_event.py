"""The event: what it may say, and that a misspelling isn't "all archives"."""

import math

import pytest

from bygones.runner.errors import ConfigurationError
from bygones.runner.event import Request, parse


def test_an_empty_event_means_all_archives() -> None:
    assert parse({}) == Request(archive=None, max_roots=None)


def test_an_event_names_an_archive_and_a_size() -> None:
    assert parse({"archive": "orders", "max_roots": 5}) == Request(
        archive="orders", max_roots=5
    )


def test_an_event_asks_for_the_doctor_by_another_account_if_need_be() -> None:
    assert parse({"doctor": True}).is_doctor
    assert parse({"doctor": True, "secret": "shop"}).secret == "shop"  # noqa: S105 - a name
    assert not parse({}).is_doctor


def test_an_event_names_a_secret_and_how_long_to_take() -> None:
    request = parse({"secret": "shop/caller", "max_seconds": 2.5})

    assert request == Request(secret="shop/caller", max_seconds=2.5)  # noqa: S106 - a name
    assert parse({"max_seconds": 20}).max_seconds == 20
    assert parse({}).max_seconds == math.inf


def test_an_event_says_that_an_archive_is_verified() -> None:
    assert parse({"verify": "orders"}) == Request(archive="orders", kind="verify")
    assert parse({"archive": "orders"}).kind == "copy"


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"verify": 3}, '"verify" must be a name'),
        ({"verify": ""}, '"verify" must be a name'),
        ({"verify": "a", "archive": "a"}, 'both "archive", to copy, and "verify"'),
        ([], "no JSON object"),
        (None, "no JSON object"),
        ({"archiv": "orders"}, '"archiv" is no key'),
        ({"archive": 3}, '"archive" must be a name'),
        ({"archive": ""}, '"archive" must be a name'),
        ({"max_roots": "5"}, '"max_roots" must be a whole number'),
        ({"max_roots": True}, '"max_roots" must be a whole number'),
        ({"secret": ["a"]}, '"secret" must be the name'),
        ({"secret": ""}, '"secret" must be the name'),
        ({"max_seconds": "20"}, '"max_seconds" must be a number from 2'),
        ({"max_seconds": True}, '"max_seconds" must be a number from 2'),
        ({"max_seconds": 1.9}, '"max_seconds" must be a number from 2'),
        ({"max_seconds": math.nan}, '"max_seconds" must be a number from 2'),
        ({"doctor": [1]}, '"doctor" can only be true'),
        ({"doctor": 1}, '"doctor" can only be true'),
        ({"doctor": True, "archive": "orders"}, 'only "secret" has a meaning'),
        ({"max_roots": 0}, '"max_roots" must be a whole number'),
    ],
)
def test_refuses_an_event_and_names_what_is_wrong(event: object, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        parse(event)
