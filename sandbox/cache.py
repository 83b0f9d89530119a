"""Keep what is slow to make in `.sandbox/`, made once however many processes ask."""

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

CACHE = Path(__file__).resolve().parents[1] / ".sandbox"


def cached(name: str) -> Path | None:
    """Return the cached folder of that name, if it was made."""
    folder = CACHE / name
    return folder if folder.is_dir() else None


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the cached folder of that name; `make` fills it the first time.

    It appears whole or not at all: it is made beside and renamed.
    """
    if folder := cached(name):
        return folder
    folder = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"{name}.lock"):
        if not folder.is_dir():
            unfinished = CACHE / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
