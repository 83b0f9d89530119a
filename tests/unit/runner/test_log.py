"""The log's lines: fields for machines, the same as JSON for people."""

import json
import logging
import re

import pytest

from bygones.runner import log
from bygones.runner.archives import Report
from bygones.runner.calls import Chunk, RunSummary
from bygones.runner.errors import TryLaterError
from bygones.sandbox.shop import PROJECT


def test_a_chunk_is_a_line_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    chunk = Chunk(
        archive="orders",
        state="copied",
        roots=10,
        related_rows=30,
        examined=12,
        quarantined=0,
        cursor="12",
        seconds=0.2,
        next_wait_ms=0,
        reason=None,
    )

    log.chunk_copied(chunk)

    (record,) = caplog.records
    event, fields = record.getMessage().split(" ", 1)
    assert (event, record.levelno) == ("chunk_copied", logging.INFO)
    assert json.loads(fields)["roots"] == vars(record)["roots"] == 10


def test_a_failure_is_a_line_with_its_numbers(caplog: pytest.LogCaptureFixture) -> None:
    error = TryLaterError("read only", errno=1290, sqlstate="HY000")

    log.call_failed(error)
    log.invocation_failed(error)

    assert [vars(record)["event"] for record in caplog.records] == [
        "call_failed",
        "invocation_failed",
    ]
    assert {vars(record)["errno"] for record in caplog.records} == {1290}


def test_an_invocation_is_a_line_with_its_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log.invocation_ended(Report([RunSummary(archive="orders", run_id=1, roots=5)]))

    (record,) = caplog.records
    assert vars(record)["roots"] == 5


def test_every_event_and_its_fields_are_documented(
    caplog: pytest.LogCaptureFixture,
) -> None:
    page = (PROJECT / "docs" / "aws.md").read_text()
    rows = dict(
        re.findall(r"^\| [A-Z]+ \| `(\w+)` \|.*\| (.*) \|$", page, re.MULTILINE)
    )
    constants = {name: value for name, value in vars(log).items() if name.isupper()}
    events = {value for value in constants.values() if isinstance(value, str)}

    log.call_failed(TryLaterError("read only", errno=1290))

    (record,) = caplog.records
    fields = json.loads(record.getMessage().split(" ", 1)[1])
    assert events <= set(rows)
    assert set(fields) == set(re.findall(r"`(\w+)`", rows["call_failed"]))
