"""Build the site of the pages that README leads to, as they stand in the repository.

Zensical wants a folder with nothing else in it, and changes no link. So the pages, and
all other files that they link to, are copied first, each under its own path.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def linked(start: Path) -> set[Path]:
    """Follow all links from a page to files of the repository."""
    found, ahead = {start}, [start]
    while ahead:
        page = ahead.pop()
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in target:
                path = Path(os.path.normpath(page.parent / target))
                if path not in found and path.suffix == ".md":
                    ahead.append(path)
                found.add(path)
    return found


def main() -> int:
    """Write dist/site; every warning is an error. Return the exit code."""
    pages = DIST / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    for path in linked(ROOT / "README.md"):
        copy = pages / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    shutil.copy(ROOT / "docs" / "zensical.toml", DIST)
    zensical = Path(sys.executable).with_name("zensical")
    return subprocess.run(  # noqa: S603 - the one of this environment
        [zensical, "build", "--strict", "--clean"], cwd=DIST, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
