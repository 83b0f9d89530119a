"""Keep a server with the pharmacy and bygones in the foreground, until Ctrl-C."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bygones.runner.connection import SETTING, parse_url
from bygones.runner.errors import BygonesError
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import FAMILIES
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import close_shop, create_operator, open_shop, upgrade

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop


def main() -> int:
    """Serve until Ctrl-C; return the exit code."""
    # Both end it, also where a script began it in the background, without Ctrl-C.
    for way in (signal.SIGINT, signal.SIGTERM):
        signal.signal(way, signal.default_int_handler)
    narrator = Narrator()
    try:
        with find_server() as server:
            shop = open_shop(server)
            try:
                operator_url = create_operator(server, shop)
                upgrade(shop)
                with TemporaryDirectory(prefix="bygones-") as folder:
                    _say_how_to_connect(
                        server, shop, operator_url, Path(folder), narrator
                    )
                    signal.pause()
            finally:
                close_shop(server, shop)
    except (SandboxError, BygonesError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        narrator.title("\nThe server is gone.")
    return 0


def _say_how_to_connect(
    server: Server, shop: Shop, operator_url: str, folder: Path, narrator: Narrator
) -> None:
    narrator.title(f"\n{FAMILIES[server.family].title} {server.version} is up.")
    if server.client:
        client = list(server.client)
        if server.family == "mysql":
            client.append("--loose-commands")  # it knows \G and its like only if told
        narrator.title("\nAs the DBA, the server's superuser")
        narrator.say(str(_script(folder / "dba", client, shop.url)))
        narrator.title("\nAs the operator, who pauses archives and looks what happens")
        narrator.say(str(_script(folder / "operator", client, operator_url)))
        narrator.title("\nAs the caller, who may EXECUTE and nothing else")
        narrator.say(str(_script(folder / "caller", client, shop.caller_url)))
    narrator.title("\nCopy the finished orders into history, as the caller")
    narrator.say(f"export {SETTING}={shlex.quote(shop.caller_url)}")
    narrator.say(".venv/bin/bygones run")
    narrator.say(".venv/bin/bygones progress")
    narrator.title("\nChange the schema, as its owner")
    narrator.say(f"export {SETTING}={shlex.quote(shop.owner_url)}")
    narrator.say(".venv/bin/alembic history")
    narrator.title("\nCtrl-C ends the server, and its data are gone.")


def _script(path: Path, client: list[str], url: str) -> Path:
    """Write a command that opens the client in the history schema.

    The unpacked client's own command line is too long to type or to read.
    """
    database = parse_url(url)
    where = (
        [f"--socket={database.unix_socket}"]
        if database.unix_socket
        else [f"--host={database.host}", f"--port={database.port}", "--protocol=tcp"]
    )
    options = [*where, f"--user={database.user}", database.history]
    password = shlex.quote(database.password)
    command = shlex.join([*client, *options])
    path.write_text(f'#!/bin/sh\nMYSQL_PWD={password} exec {command} "$@"\n')
    path.chmod(0o700)
    return path


if __name__ == "__main__":
    sys.exit(main())
