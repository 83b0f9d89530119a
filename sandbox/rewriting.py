"""Write the sample's SQL and the revisions anew, after a template or a file changed.

Until the first release, files are edited in place and are version 1 each. Run as
`make sample`; `git diff` shows what came of it.
"""

from __future__ import annotations

import re
import shutil

import alembic.command

from bygones.compiler.definitions import Definition
from bygones.compiler.project import CONTROL
from bygones.migrations.configuration import FIRST_VERSIONS
from bygones.sandbox.sample import ARCHIVES_ORDERS, SAMPLE
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import close_shop, configuration, open_shop

FIRST = "bygones_0001"
RECORD = "    op.record_project()\n"
# In the order of installation: what makes an object, and what takes it away.
OPERATIONS = {
    "table": ("install_table", "uninstall_table"),
    "view": ("create_view", "drop_view"),
    "function": ("create_function", "drop_function"),
    "procedure": ("create_procedure", "drop_procedure"),
}
UPGRADE, DOWNGRADE = (f"def {name}() -> None:\n" for name in ("upgrade", "downgrade"))


def main() -> None:
    """Rewrite both."""
    rewrite_control()
    rewrite_sample()


def rewrite_control() -> None:
    """Name in the first revision what lies in sql/control."""
    [path] = FIRST_VERSIONS.glob(f"{FIRST}_*.py")
    made, taken = [], []
    for kind, (make, take) in OPERATIONS.items():
        for name in names(kind):
            made.append(f'    op.{make}("{name}", version=1)\n')
            taken.append(f'    op.{take}("{name}")\n')
    head, rest = path.read_text("utf-8").split(UPGRADE)
    # What a downgrade refuses comes before what it takes away.
    refused = re.split(r"^    op\.", rest.split(DOWNGRADE)[1], flags=re.MULTILINE)[0]
    path.write_text(
        f"{head}{UPGRADE}{''.join(made)}{RECORD}\n\n{DOWNGRADE}{refused}{''.join(taken[::-1])}",
        encoding="utf-8",
    )


def names(kind: str) -> list[str]:
    """List the objects of a kind, as their files are named."""
    suffix = Definition(kind="table", name="", version=1).file.name
    return sorted(
        path.name.removesuffix(suffix) for path in (CONTROL / f"{kind}s").rglob("*.sql")
    )


def rewrite_sample() -> None:
    """Have Alembic write the second revision, and the SQL that it names."""
    for path in SAMPLE.versions.glob("*.py"):
        path.unlink()
    shutil.rmtree(SAMPLE.sql / "orders", ignore_errors=True)
    with find_server() as server:
        # In the names of archives.toml, as the files are.
        shop = open_shop(server, source="pharmacy", finished=1)
        try:
            config = configuration(shop)
            alembic.command.upgrade(config, FIRST)
            # Without a date: it's written anew, and is the same revision.
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            alembic.command.revision(
                config, "archive orders", autogenerate=True, rev_id=ARCHIVES_ORDERS
            )
        finally:
            close_shop(server, shop)


if __name__ == "__main__":
    main()
