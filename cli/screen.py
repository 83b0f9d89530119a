"""What the command line shows: a bar while it runs, a line or a table at the end."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column, Table
from rich.text import Text

from bygones.runner.calls import RunSummary, VerifySummary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

    from bygones.runner.calls import Answer, Summary
    from bygones.runner.doctor import Check
    from bygones.runner.procedures import Row

COLOURS = {"OK": "", "warn": "yellow", "stop": "bold red"}
# These first and in this order; whatever else progress() returns follows.
FIRST_COLUMNS = (
    *("archive", "state", "roots", "related_rows"),
    *("unfinished", "quarantined"),
)


class Bar:
    """Count what the CALLs for each archive did, whichever worker copied them."""

    def __init__(self, progress: Progress) -> None:
        """Draw on a progress that somebody else starts and stops."""
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def show(self, chunk: Answer) -> None:
        """Add one chunk to its archive's line, or say why none is copied."""
        with self._lock:
            now = self._progress.get_time()
            if chunk.archive not in self._tasks:
                self._tasks[chunk.archive] = self._progress.add_task(
                    chunk.archive,
                    total=None,
                    chunks=0,
                    began=now - chunk.seconds,
                    rate=0.0,
                    why="",
                )
            task_id = self._tasks[chunk.archive]
            task = self._progress.tasks[task_id]
            copied = task.completed + chunk.roots
            seconds = now - task.fields["began"]
            is_held = chunk.state == "throttled"
            self._progress.update(
                task_id,
                completed=copied,
                chunks=task.fields["chunks"] + (not is_held),
                rate=copied / seconds if seconds else 0.0,
                why=f"throttled: {chunk.reason}" if is_held else "",
            )


@contextmanager
def bar() -> Iterator[Bar]:
    """Show a bar on a terminal's stderr; how much is left isn't known."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f} roots"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TextColumn("{task.fields[chunks]:,} chunks"),
        TextColumn("{task.fields[why]}", markup=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield Bar(progress)


def print_runs(runs: list[Summary]) -> None:
    """Print one line a run."""
    console = Console(soft_wrap=True, highlight=False)
    for run in runs:
        line = (
            f"{run.archive}: {run.reason}; calls {run.calls:,}, "
            f"roots {run.roots:,}, related rows {run.related_rows:,}, "
            f"{_counted(run)}, {run.seconds:.1f} s"
        )
        detail = run.detail or _why_nothing(run)
        console.print(Text(f"{line}: {detail}" if detail else line))


def _why_nothing(run: Summary) -> str | None:
    """Say what a run that copied nothing, and isn't at the end, has looked at."""
    if not isinstance(run, RunSummary) or run.roots or not run.examined:
        return None
    return (
        f"examined {run.examined:,} keys, none of them to be copied: not finished, not "
        "at rest for as long as archives.toml says (settled), or in history already"
    )


def _counted(run: Summary) -> str:
    names = (
        ("missing", "incomplete", "different", "orphaned", "findings")
        if isinstance(run, VerifySummary)
        else ("quarantined",)
    )
    return ", ".join(f"{name} {getattr(run, name):,}" for name in names)


def print_progress(rows: list[Row]) -> None:
    """Print one column an archive, since there are more facts than archives."""
    table = Table("")
    for row in rows:
        table.add_column(Text(str(row["archive"])))
    names = dict.fromkeys((*FIRST_COLUMNS, *(name for row in rows for name in row)))
    for name in names:
        if name != "archive" and any(row.get(name) is not None for row in rows):
            table.add_row(name, *(_cell(row.get(name)) for row in rows))
    Console().print(table)


def print_checks(checks: list[Check]) -> None:
    """Print one row a check, in the order in which they were made.

    What to do stands below, whole: what is a statement can be copied from there.
    """
    table = Table("", "", Column("found", overflow="fold"))
    for check in checks:
        words = (check.name, check.verdict, check.found)
        table.add_row(*map(Text, words), style=COLOURS[check.verdict])
    console = Console(highlight=False)
    console.print(table)
    for check in checks:
        if check.todo:
            console.print(Text(f"{check.name}:"), style=COLOURS[check.verdict])
            console.print(Text(check.todo), soft_wrap=True)


def _cell(value: object) -> Text:
    if value is None:
        return Text("")
    return Text(f"{value:,}" if isinstance(value, int) else str(value))
