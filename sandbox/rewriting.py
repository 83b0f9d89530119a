"""Write the sample's SQL and the revisions anew, after a template or a file changed.

What no release has frozen is edited in place: run as `make sample`; `git diff` shows
what came of it.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import alembic.command

from bygones.compiler.project import CONTROL
from bygones.compiler.released import released, versions_of
from bygones.migrations.configuration import FIRST_VERSIONS
from bygones.sandbox.sample import ARCHIVES_ORDERS, SAMPLE
from bygones.sandbox.schema import write_schema
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import close_shop, configuration, open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from bygones.sandbox.server import Server

[FIRST] = FIRST_VERSIONS.glob("bygones_0001_*.py")
# In the order of installation: what makes an object, and what takes it away.
OPERATIONS = {
    "table": ("install_table", "uninstall_table"),
    "view": ("create_view", "drop_view"),
    "function": ("create_function", "drop_function"),
    "procedure": ("create_procedure", "drop_procedure"),
}
RECORD = "    op.record_project()\n"
UPGRADE, DOWNGRADE = (f"def {name}() -> None:\n" for name in ("upgrade", "downgrade"))


def main() -> None:
    """Rewrite both, and what they come to."""
    if not released():
        FIRST.write_text(naming_control(FIRST), encoding="utf-8")
    with find_server("mysql") as server:
        rewrite_sample(server)
        write_schema(server)


def naming_control(first: Path) -> str:
    """Word the first revision so that it installs the last of what's in sql/control."""
    versions = versions_of(CONTROL.rglob("*.sql"))
    made, taken = [], []
    for kind, (make, take) in OPERATIONS.items():
        for (each, name), version in sorted(versions.items()):
            if each == kind:
                made.append(f'    op.{make}("{name}", version={version})\n')
                taken.append(f'    op.{take}("{name}")\n')
    head, rest = first.read_text("utf-8").split(UPGRADE)
    # What a downgrade refuses comes before what it takes away.
    refused = re.split(r"^    op\.", rest.split(DOWNGRADE)[1], flags=re.MULTILINE)[0]
    return (
        f"{head}{UPGRADE}{''.join(made)}{RECORD}\n\n"
        f"{DOWNGRADE}{refused}{''.join(taken[::-1])}"
    )


def rewrite_sample(server: Server) -> None:
    """Have Alembic write the sample's revision, and the SQL that it names.

    It also brings what the first revision installs to the last version, as a team's
    next revision does after a release.
    """
    for path in SAMPLE.versions.glob("*.py"):
        path.unlink()
    shutil.rmtree(SAMPLE.sql / "orders", ignore_errors=True)
    # In the names of archives.toml, as the files are.
    shop = open_shop(server, source="pharmacy", finished=1)
    try:
        config = configuration(shop)
        alembic.command.upgrade(config, "head")
        # Without a date: it's written anew, and is the same revision.
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        alembic.command.revision(
            config, "archive orders", autogenerate=True, rev_id=ARCHIVES_ORDERS
        )
    finally:
        close_shop(server, shop)


if __name__ == "__main__":
    main()
