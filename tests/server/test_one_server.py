"""Tests that would share a server with each other aren't run beside each other."""

from __future__ import annotations

import pytest

URL = "mysql://nobody@127.0.0.1:1/"


@pytest.mark.parametrize(("url", "workers"), [(URL, 1), (None, 2)])
def test_one_worker_takes_a_server_that_all_would_share(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    url: str | None,
    workers: int,
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "2")
    monkeypatch.delenv("BYGONES_TEST_URL", raising=False)
    if url:
        monkeypatch.setenv("BYGONES_TEST_URL", url)
    config = request.config

    # What xdist asks for `-n auto`, as `make test` says.
    chosen = config.hook.pytest_xdist_auto_num_workers(config=config)

    assert chosen == workers
