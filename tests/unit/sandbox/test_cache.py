from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bygones.sandbox import cache


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")


def test_is_made_once_however_many_ask() -> None:
    made: list[Path] = []

    with ThreadPoolExecutor(4) as askers:
        for _ in range(4):
            askers.submit(cache.made_once, "tool", made.append)

    assert len(made) == 1
    assert cache.cached("tool")


def test_a_failure_half_way_leaves_nothing_and_is_made_again() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        cache.made_once("tool", fail)
    assert cache.cached("tool") is None

    folder = cache.made_once("tool", lambda folder: (folder / "whole").touch())
    assert [file.name for file in folder.iterdir()] == ["whole"]
