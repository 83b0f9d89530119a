"""Run archives over several connections at once: a thread and a loop for each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bygones.runner.archives import Report
from bygones.runner.errors import BygonesError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Whoever opens a pass holds every lane for milliseconds.
MOST_BUSY = 3


def run_together(tasks: Sequence[Callable[[], Report]]) -> Report:
    """Do each in a thread, the only one in this; and report on all of it together.

    One that fails, as by a connection too many, stops no other. What none may meet is
    raised when all have ended.
    """
    if len(tasks) == 1:
        return tasks[0]()
    reports: list[Report] = []
    broken: list[BaseException] = []

    def do(task: Callable[[], Report]) -> None:
        try:
            reports.append(task())
        except BygonesError as error:
            reports.append(Report(errors=[error]))
        except BaseException as error:  # noqa: BLE001 - raised below
            broken.append(error)

    # Daemons: a second Ctrl-C ends the process, whatever CALLs are in flight.
    threads = [threading.Thread(target=do, args=(t,), daemon=True) for t in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    runs = [run for report in reports for run in report.runs]
    return Report(
        runs=sorted(runs, key=lambda run: (run.archive, run.run_id)),
        errors=[error for report in reports for error in report.errors],
    )
