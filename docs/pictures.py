"""Take the pictures of a terminal anew: a real run on a throwaway server.

The commands run on a terminal of their own, and what they wrote there is drawn; of a
bar that moved, one moment half-way and the last.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bygones.runner.connection import SETTING
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import close_shop, open_shop, upgrade

FOLDER = Path(__file__).with_name("pictures")
WIDTH = 92
ORDERS = 12_000
CONTROL = re.compile(r"\x1b\[[?\d;]*\w")
# The file would have a font fetched from elsewhere.
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    """Write docs/pictures/run.svg."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    with find_server() as server:
        shop = open_shop(server, finished=ORDERS)
        try:
            upgrade(shop)
            for command in ("run", "progress"):
                console.print(Text(f"$ bygones {command}", style="bold"))
                written = typed(command, shop.caller_url)
                console.print(Text.from_ansi(shown(written)))
        finally:
            close_shop(server, shop)
    svg = console.export_svg(title="bygones", unique_id="run")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "run.svg").write_text(FONT.sub("", svg), encoding="utf-8")


def typed(command: str, url: str) -> str:
    """Run a command on a terminal; return all that it wrote there."""
    ours, its = pty.openpty()
    environment = os.environ | {
        SETTING: url,
        "COLUMNS": str(WIDTH),
        "TERM": "xterm-256color",
    }
    with subprocess.Popen(  # noqa: S603 - our own command
        [Path(sys.executable).with_name("bygones"), command],
        stdin=its,
        stdout=its,
        stderr=its,
        env=environment,
    ) as process:
        os.close(its)
        written = b"".join(iter(lambda: read(ours), b""))
    os.close(ours)
    if process.returncode:
        raise SystemExit(written.decode())
    return written.decode()


def read(terminal: int) -> bytes:
    """Read on, until nothing has the terminal open any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def shown(written: str) -> str:
    """Leave out what was written over, but for one moment of a bar half-way."""
    lines = []
    for line in written.replace("\r\n", "\n").split("\n"):
        moments = [part.strip("\r") for part in line.split("\x1b[2K")]
        moments = [part for part in moments if CONTROL.sub("", part).strip()]
        if len(moments) > 1:
            lines.append(moments[len(moments) // 2])
        lines += moments[-1:]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
