"""What the command line shows."""

import pytest

from bygones.cli.screen import print_checks, print_progress, print_runs
from bygones.runner.calls import RunSummary, VerifySummary
from bygones.runner.doctor import Check


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
        "quarantined 0, 8.2 s: by night@shift [since noon]\n"
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
        "different 2, orphaned 0, findings 1,002, 0.5 s\n"
    )


def test_what_to_do_stands_whole_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    create = (
        "CREATE INDEX `a_table_of_a_long_name_order_id_and_more_columns_ix` ON "
        "`shop`.`a_table_of_a_long_name` (`order_id`, `and_more_columns`);"
    )
    print_checks(
        [
            Check(name="version", verdict="OK", found="MySQL 9.7.4"),
            Check(name="joins of orders", verdict="warn", found="x" * 90, todo=create),
            Check(name="joins of orders", verdict="warn", found="[no]", todo="second;"),
        ]
    )

    output = capsys.readouterr().out
    table, _, below = output.rpartition("┘\n")
    assert below.splitlines() == [
        *("joins of orders:", create),
        *("joins of orders:", "second;"),
    ]
    assert "…" not in output
    assert table.count("x") == 90
    assert "[no]" in table
