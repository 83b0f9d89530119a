"""What a team does that has the wheel, a database, and nothing else of ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.shop import PROJECT, close_shop
from tests.support.aggregates.foreign import Foreign, open_foreign
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

REPAIRS = Path(__file__).with_name("repairs.sql")
FINISHED = "status IN ('collected', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine with Python, a wheel of bygones in a venv, and no clone of it."""

    python: Path
    folder: Path

    def run(self, *command: str, url: str | None = None) -> str:
        """Run a program in the folder; return what it prints."""
        keep = {k: v for k, v in os.environ.items() if not k.startswith("BYGONES")}
        keep |= {"BYGONES_DATABASE_URL": url} if url else {}
        done = subprocess.run(  # noqa: S603 - our own commands
            command,
            cwd=self.folder,
            env=keep,
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def bygones(self, *arguments: str, url: str | None = None) -> str:
        return self.run(str(self.python.with_name("bygones")), *arguments, url=url)

    def alembic(self, *arguments: str, url: str | None = None) -> str:
        return self.run(str(self.python), "-m", "alembic", *arguments, url=url)


def build_wheel(source: Path, into: Path) -> Path:
    """Make the wheel of a clone, by the tool of the lock."""
    subprocess.run(  # noqa: S603 - our own build
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [wheel] = into.glob("*.whl")
    return wheel


def install(python: Path, wheel: Path) -> None:
    subprocess.run(  # noqa: S603 - our own wheel
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install"),
            *("--quiet", "--no-deps", "--no-index"),
            *("--disable-pip-version-check", "--upgrade", str(wheel)),
        ],
        check=True,
    )


def make_venv(folder: Path) -> Path:
    """Make a venv that sees what the lock installed, but for bygones itself."""
    venv.create(folder, with_pip=False)
    [packages] = folder.glob("lib/python*/site-packages")
    # A folder that a .pth file names is searched, and its own .pth files aren't read:
    # one of those is where the clone would be.
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(PROJECT, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def machine(wheel: Path, tmp_path: Path) -> Machine:
    python = make_venv(tmp_path / "venv")
    install(python, wheel)
    return Machine(python=python, folder=tmp_path)


@pytest.fixture
def repairs(server: Server) -> Iterator[Shop]:
    tables, fill = REPAIRS.read_text("utf-8").split("\nINSERT", 1)
    schema = Foreign(
        name="repairs",
        tables=tables,
        fill=f"INSERT{fill}",
        archives="",
        expected={},
        writes=(),
        traps={},
    )
    shop = open_foreign(server, schema, f"repairs_{os.getpid()}")
    yield shop
    close_shop(server, shop)


def test_from_the_wheel_to_verified_history_of_fifteen_tables(
    machine: Machine, repairs: Shop
) -> None:
    owner, caller = repairs.owner_url, repairs.caller_url
    machine.bygones("init", "repairs", "jobs", url=owner)
    inside = Machine(python=machine.python, folder=machine.folder / "repairs")
    # It can't know what these states mean; whoever reads it does.
    edit(
        inside.folder / "archives.toml", "(?m)^finished .*", f'finished = "{FINISHED}"'
    )
    inside.alembic("revision", "--autogenerate", "-m", "archive jobs", url=owner)
    inside.alembic("upgrade", "head", url=owner)
    inside.alembic("check", url=owner)
    assert "stop" not in inside.bygones("doctor", url=owner)
    inside.bygones("run", url=caller)
    inside.bygones("verify", url=caller)

    admin = repairs.connect()
    finished = value(
        admin, f"SELECT COUNT(*) FROM `{repairs.source}`.jobs WHERE {FINISHED}"
    )
    assert finished == value(admin, "SELECT COUNT(*) FROM jobs_history") == 200
    for relation in ("job_lines", "line_serials", "photos", "invoices", "payments"):
        assert value(admin, f"SELECT COUNT(*) FROM {relation}_history") > 0
    assert query(admin, "SELECT * FROM finding") == []
    admin.close()
    assert sorted(path.name for path in inside.folder.iterdir()) == [
        *("README.md", "alembic.ini", "archives.toml", "sql", "versions"),
    ]
    where = "import bygones.compiler.project as p; print(p.CONTROL)"
    assert inside.run(str(inside.python), "-c", where).startswith(
        str(machine.python.parents[1])
    )


def next_release(folder: Path) -> Path:
    """Make a clone in which a release changes what is shared, and an archive."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=PROJECT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    for name in listed.stdout.splitlines():
        if (PROJECT / name).is_file() or (PROJECT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name, follow_symlinks=False)
    edit(folder / "pyproject.toml", r'(?m)^version = ".*"', 'version = "99.0"')
    private = folder / "sql" / "control" / "procedures" / "private"
    changed = private / "_describe_idle_v02.sql"
    shutil.copy(private / "_describe_idle_v01.sql", changed)
    edit(changed, "(?m)^COMMENT '", "COMMENT 'As of 99.0: ")
    run = folder / "sql" / "control" / "tables" / "run_v02.sql"
    shutil.copy(run.with_name("run_v01.sql"), run)
    edit(run, "    PRIMARY KEY", "    remark VARCHAR(20) NULL,\n    PRIMARY KEY")
    alterations = folder / "sql" / "control" / "alterations"
    alterations.mkdir()
    for name, what in (
        ("run_v01_to_v02", "ADD COLUMN remark VARCHAR(20) NULL"),
        ("run_v02_to_v01", "DROP COLUMN remark"),
    ):
        (alterations / f"{name}.sql").write_text(
            f"ALTER TABLE pharmacy_history.run {what};\n"
        )
    template = folder / "compiler" / "sql" / "templates" / "bound.sql.j2"
    edit(template, "(?m)^COMMENT '", "COMMENT 'As of 99.0: ")
    return folder


def edit(file: Path, pattern: str, replacement: str) -> None:
    text, edits = re.subn(pattern, replacement, file.read_text("utf-8"))
    assert edits == 1, f"{file} has {pattern} {edits} times"
    file.write_text(text, encoding="utf-8")


def test_a_release_is_taken_by_pip_and_one_revision_and_given_back_by_one(
    machine: Machine, repairs: Shop, tmp_path: Path
) -> None:
    owner, caller = repairs.owner_url, repairs.caller_url
    machine.bygones("init", "repairs", "jobs", url=owner)
    inside = Machine(python=machine.python, folder=machine.folder / "repairs")
    edit(
        inside.folder / "archives.toml", "(?m)^finished .*", f'finished = "{FINISHED}"'
    )
    inside.alembic("revision", "--autogenerate", "-m", "archive jobs", url=owner)
    inside.alembic("upgrade", "head", url=owner)
    inside.bygones("run", "--max-chunks", "1", url=caller)
    before, columns_before = comments(repairs), columns(repairs, "run")
    [first] = inside.folder.glob("versions/*.py")

    install(
        machine.python, build_wheel(next_release(tmp_path / "next"), tmp_path / "new")
    )
    assert inside.bygones("--version").strip() == "bygones 99.0"
    # The database is of the release before, and a runner of the new one copies there.
    inside.bygones("run", "--max-chunks", "1", url=caller)
    inside.alembic("revision", "--autogenerate", "-m", "bygones 99.0", url=owner)

    [revision] = {*inside.folder.glob("versions/*.py")} - {first}
    assert set(re.findall(r'op\.\w+\("(\w+)", version=2\)', revision.read_text())) == {
        *("_describe_idle", "_bound_jobs"),
    }
    assert 'op.change_table("run", before=1, version=2)' in revision.read_text()
    inside.alembic("upgrade", "head", url=owner)
    inside.alembic("check", url=owner)
    assert columns(repairs, "run") == [*columns_before, "remark"]
    changed = {name for name, text in comments(repairs).items() if "99.0" in text}
    assert changed == {"_describe_idle", "_bound_jobs"}
    inside.bygones("run", url=caller)
    inside.bygones("verify", url=caller)

    inside.alembic("downgrade", "-1", url=owner)
    assert (comments(repairs), columns(repairs, "run")) == (before, columns_before)
    inside.bygones("run", url=caller)


def columns(shop: Shop, table: str) -> list[str]:
    admin = shop.connect()
    rows = query(admin, f"SHOW COLUMNS FROM {table}")
    admin.close()
    return [row["Field"] for row in rows]


def comments(shop: Shop) -> dict[str, str]:
    """Read what the routines of an installation say of themselves."""
    admin = shop.connect()
    rows = query(
        admin,
        "SELECT routine_name AS name, routine_comment AS said"
        " FROM information_schema.routines WHERE routine_schema = DATABASE()",
    )
    admin.close()
    return {row["name"]: row["said"] for row in rows}


def test_a_project_for_aws_has_the_template_and_makes_the_zip(machine: Machine) -> None:
    machine.bygones("init", "shop", "--aws")
    inside = Machine(python=machine.python, folder=machine.folder / "shop")

    inside.bygones("package")

    template = inside.folder / "deploy" / "template.yaml"
    assert template.read_bytes() == (PROJECT / "deploy/template.yaml").read_bytes()
    [uri] = set(re.findall(r"CodeUri: (\S+)", template.read_text("utf-8")))
    assert (template.parent / uri / "runner" / "handler.py").is_file()
    with zipfile.ZipFile(inside.folder / "dist" / "lambda.zip") as package:
        assert "bygones/runner/handler.py" in package.namelist()
