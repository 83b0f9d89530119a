"""Write the sample's SQL and the revisions anew, after a template or a file changed.

What no release has frozen is edited in place: run as `make sample`; `git diff` shows
what came of it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import alembic.command

from bygones.compiler.project import CONTROL
from bygones.compiler.released import released, versions_of
from bygones.sandbox.sample import SAMPLE
from bygones.sandbox.schema import write_schema
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import close_shop, configuration, open_shop

if TYPE_CHECKING:
    from bygones.sandbox.server import Server

FIRST, SECOND = "0001", "0002"
# In the order of installation: what makes an object, and what takes it away.
OPERATIONS = {
    "table": ("install_table", "uninstall_table"),
    "view": ("create_view", "drop_view"),
    "function": ("create_function", "drop_function"),
    "procedure": ("create_procedure", "drop_procedure"),
}
UPGRADE, DOWNGRADE = (f"def {name}() -> None:\n" for name in ("upgrade", "downgrade"))


def main() -> None:
    """Rewrite both, and what they come to."""
    [first] = SAMPLE.versions.glob(f"{FIRST}_*.py")
    if not released():
        first.write_text(naming_control(first), encoding="utf-8")
    with find_server("mysql") as server:
        rewrite_sample(server, first)
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
        f"{head}{UPGRADE}{''.join(made)}\n\n{DOWNGRADE}{refused}{''.join(taken[::-1])}"
    )


def rewrite_sample(server: Server, first: Path) -> None:
    """Have Alembic write the second revision, and the SQL that it names.

    It compares with an installation that has the last of what's in sql/control.
    """
    shutil.rmtree(SAMPLE.sql / "orders", ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        versions = Path(folder)
        (versions / first.name).write_text(naming_control(first), encoding="utf-8")
        # In the names of archives.toml, as the files are.
        shop = open_shop(server, source="pharmacy", finished=1)
        try:
            config = configuration(shop)
            config.set_main_option("version_locations", folder.replace("%", "%%"))
            alembic.command.upgrade(config, FIRST)
            alembic.command.revision(
                config, "archive orders", autogenerate=True, rev_id=SECOND
            )
        finally:
            close_shop(server, shop)
        [second] = versions.glob(f"{SECOND}_*.py")
        text = second.read_text("utf-8")
        text = text.replace(UPGRADE, f"{UPGRADE}    op.update_control()\n")
        (SAMPLE.versions / second.name).write_text(
            f"{text.rstrip()}\n    op.downgrade_control()\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
