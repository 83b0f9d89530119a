"""Which archives run, in which order, and what is reported about them."""

import pytest

from bygones.runner.archives import Report, choose, run_in_turn
from bygones.runner.calls import RunSummary
from bygones.runner.errors import (
    BygonesError,
    ConfigurationError,
    StopError,
    TryLaterError,
)
from bygones.runner.loop import Loop


class Scripted(Loop):
    """End each archive's run as the script says."""

    def __init__(self, *, opens: bool = True, **script: str | BygonesError) -> None:
        self.script = script
        self.opens = opens
        self.failures: list[BygonesError] = []
        self.on_failure = self.failures.append

    def run(self, archive: str, *, request_id: str | None = None) -> RunSummary:
        end = self.script[archive]
        if isinstance(end, BygonesError):
            if self.opens:
                end.summary = RunSummary(archive=archive, run_id=2, calls=1, roots=5)
            raise end
        assert request_id == "a-1"
        return RunSummary(archive=archive, run_id=1, reason=end, calls=2, roots=10)


def test_chooses_all_the_longest_unserved_first() -> None:
    progress: list[dict[str, object]] = [
        {"archive": "orders", "last_chunk_at": "2026-11-02 00:00:00"},
        {"archive": "returns", "last_chunk_at": "2026-11-01 00:00:00"},
        {"archive": "visits", "last_chunk_at": None},
    ]

    assert choose(progress, None) == ["visits", "returns", "orders"]


def test_verifies_those_first_that_were_not_for_the_longest_time() -> None:
    progress: list[dict[str, object]] = [
        {"archive": "orders", "last_chunk_at": None, "verified_at": "2026-11-02"},
        {"archive": "visits", "last_chunk_at": "2026-11-02", "verified_at": None},
    ]

    assert choose(progress, None, kind="verify") == ["visits", "orders"]


def test_refuses_an_archive_that_is_not_there_and_lists_what_is() -> None:
    progress: list[dict[str, object]] = [{"archive": "orders"}, {"archive": "returns"}]

    with pytest.raises(ConfigurationError) as caught:
        choose(progress, "order")

    assert str(caught.value) == 'There is no archive "order"; there is: orders, returns'


def test_one_archive_that_needs_a_person_stops_no_other() -> None:
    drift = StopError("drift")
    loop = Scripted(orders=drift, returns="idle")

    report = run_in_turn(loop, ["orders", "returns"], request_id="a-1")

    assert [run.reason for run in report.runs] == ["error", "idle"]
    assert report.errors == loop.failures == [drift]


def test_a_server_that_is_away_is_not_asked_for_the_next_archive() -> None:
    loop = Scripted(orders=TryLaterError("read only"), returns="idle")

    report = run_in_turn(loop, ["orders", "returns"], request_id="a-1")

    assert [run.archive for run in report.runs] == ["orders"]


@pytest.mark.parametrize("reason", ["deadline", "interrupted"])
def test_begins_no_archive_when_the_time_is_up(reason: str) -> None:
    loop = Scripted(orders=reason, returns="idle")

    report = run_in_turn(loop, ["orders", "returns"], request_id="a-1")

    assert [run.archive for run in report.runs] == ["orders"]


def test_reports_a_run_that_could_not_be_opened() -> None:
    refused = TryLaterError("too many connections")
    loop = Scripted(opens=False, orders=refused)

    report = run_in_turn(loop, ["orders"], request_id="a-1")

    assert (report.runs, report.errors) == ([], [refused])


def test_sums_its_runs() -> None:
    loop = Scripted(orders="idle", returns=StopError("drift"))

    report = run_in_turn(loop, ["orders", "returns"], request_id="a-1").as_dict()

    assert (report["calls"], report["roots"]) == (3, 15)
    assert report["errors"] == ["drift"]


def test_an_empty_report_has_sums_too() -> None:
    assert Report().as_dict()["roots"] == 0
