"""A soak that was interrupted goes on: what passed is left out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bygones.sandbox.shop import PROJECT
from tests.conftest import SEED, passed_before

ONE = "tests/server/kills/test_random_faults.py"
FORM = f"{ONE}::test_after_random_faults_nothing_is_lost_torn_or_doubled[1000]"


@pytest.mark.parametrize("arguments", [[], ["--resume"]])
def test_what_passed_is_left_out_where_a_soak_is_resumed(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    command = ["-m", "pytest", "-m", "soak", "--collect-only", "-q", ONE, *arguments]
    monkeypatch.setenv(SEED, f"test-{os.getpid()}")
    path = passed_before(request.config)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{FORM}\n", encoding="utf-8")
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [sys.executable, *command],
            cwd=PROJECT,
            check=False,
            capture_output=True,
            text=True,
        )
    finally:
        path.unlink()

    assert (FORM in done.stdout) is not bool(arguments), done.stdout
