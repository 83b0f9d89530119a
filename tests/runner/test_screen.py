"""What the command line shows."""

import pytest

from runner.calls import RunSummary, VerifySummary
from runner.screen import print_progress, print_runs


def test_a_run_is_one_line_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    run = RunSummary(
        archive="orders",
        run_id=1,
        reason="paused",
        detail="by night@shift [since noon]",
        calls=1200,
        roots=50000,
        seconds=8.25,
    )

    print_runs([run])

    assert capsys.readouterr().out == (
        "orders: paused; calls 1,200, roots 50,000, related rows 0, "
        "deferred 0, quarantined 0, 8.2 s: by night@shift [since noon]\n"
    )


def test_progress_has_a_column_an_archive_and_leaves_out_what_none_has(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_progress(
        [
            {"archive": "orders", "roots": 12000, "paused_by": None, "lag": "1 h"},
            {"archive": "returns", "roots": 3, "paused_by": None, "lag": None},
        ]
    )

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["┃", "┃", "orders", "┃", "returns", "┃"]
    assert ["│", "roots", "│", "12,000", "│", "3", "│"] in lines
    assert ["│", "lag", "│", "1", "h", "│", "│"] in lines
    assert not any("paused_by" in line for line in lines)


def test_a_verification_is_one_line_with_what_it_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = VerifySummary(
        archive="orders",
        run_id=1,
        reason="idle",
        calls=3,
        roots=1615,
        different=2,
        findings=1002,
        seconds=0.5,
    )

    print_runs([run])

    assert capsys.readouterr().out == (
        "orders: idle; calls 3, roots 1,615, related rows 0, missing 0, incomplete 0, "
        "different 2, sourceless 0, findings 1,002, 0.5 s\n"
    )
