"""What README and docs/ tell to type works, in their order, on a new shop."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bygones.runner.connection import SETTING
from bygones.sandbox.shop import PROJECT, create_operator
from tests.support.fences import PAGES, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.sandbox.server import Server
    from tests.support.fences import Fence
    from tests.support.lending import OpenShop

URL = re.compile(r"'mysql://(owner|caller|operator):[^']*'")
NUMBER = re.compile(r"\d[\d,.]*")


@pytest.mark.core
@pytest.mark.parametrize(
    "page", [page for page in PAGES if typed(page)], ids=lambda page: page.name
)
def test_what_a_page_tells_to_type_works(
    page: Path, server: Server, make_shop: Callable[..., OpenShop]
) -> None:
    # README tells how to install it.
    shop = make_shop(installed=page.name != "README.md")
    urls = {
        "owner": shop.owner_url,
        "caller": shop.caller_url,
        "operator": create_operator(server, shop),
    }

    for fence in typed(page):
        if fence.kind == "sql":
            role = "owner" if fence.note == "as the owner" else "operator"
            run_statements(fence, shop, urls[role])
        else:
            run_commands(fence, urls)


def run_statements(fence: Fence, shop: OpenShop, url: str) -> None:
    text = re.sub(r"--.*|\\G", "", fence.text).replace("shop_history", shop.history)
    with closing(shop.connect(url)) as connection, connection.cursor() as cursor:
        for statement in filter(str.strip, text.split(";")):
            cursor.execute(statement)
            cursor.fetchall()


def run_commands(fence: Fence, urls: dict[str, str]) -> None:
    lines = fence.text.splitlines()
    if fence.kind == "console":
        shown = [line for line in lines if not line.startswith("$ ")]
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    script = URL.sub(lambda found: shlex.quote(urls[found[1]]), "\n".join(lines))

    done = subprocess.run(  # noqa: S603 - our own pages
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - whichever there is
        cwd=PROJECT,
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            SETTING: urls["caller"],
        },
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    if fence.kind == "console":
        assert without_numbers(done.stdout) == without_numbers("\n".join(shown))


def without_numbers(text: str) -> str:
    return NUMBER.sub("0", text.strip())
