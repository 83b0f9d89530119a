"""The house has rooms, and whoever is in one of them looks downwards only."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tarfile
import tomllib
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# From the ground upwards.
ROOMS = ["runner", "compiler", "migrations", "cli", "sandbox", "benchmarks"]


def imports(path: Path, *, at_once: bool = False) -> Iterator[str]:
    """Give the modules that a file imports; at once: not those for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if at_once and id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: name it whole"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(room: str) -> list[Path]:
    return sorted((PROJECT / room).rglob("*.py"))


def module(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(("bygones", *parts)).removesuffix(".__init__")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_below(room: str) -> None:
    above = {*ROOMS[ROOMS.index(room) + 1 :]}
    upwards = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in files(room)
        for name in imports(path)
        if name.removeprefix("bygones.").partition(".")[0] in above
    ]

    assert upwards == []


@pytest.mark.parametrize("room", [*ROOMS, "tests"])
def test_what_the_wheel_brings_is_imported_by_its_one_name(room: str) -> None:
    # A team's own folders may have the names that ours have at the top.
    bare = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in files(room)
        for name in imports(path)
        if name.partition(".")[0]
        in {"runner", "compiler", "migrations", "cli", "sandbox"}
    ]

    assert bare == []


def test_the_wheel_asks_for_what_its_rooms_import() -> None:
    # What the tests need besides isn't there for whoever installs the wheel.
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {re.split("[^a-z0-9]", each)[0] for each in project["dependencies"]}
    imported = {
        name.partition(".")[0]
        for room in ("runner", "compiler", "migrations", "cli")
        for path in files(room)
        for name in imports(path, at_once=True)
    }

    others = imported - sys.stdlib_module_names - {"bygones"}
    # boto3 is in Lambda's own runtime; PyMySQL asks for cryptography when it's there.
    assert others - asked == {"boto3", "botocore"}
    assert asked - others == {"cryptography"}


def test_no_module_imports_what_imports_it() -> None:
    known = {module(path): path for room in ROOMS for path in files(room)}
    graph = defaultdict(set)
    for name, path in known.items():
        graph[name] = {other for other in imports(path, at_once=True) if other in known}

    def circles(name: str, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if name in way:
            yield (*way[way.index(name) :], name)
        elif name not in seen:
            for other in graph[name]:
                yield from circles(other, (*way, name))
            seen.add(name)

    seen: set[str] = set()
    found = [circle for name in known for circle in circles(name, ())]

    assert found == []


def test_no_room_is_above_a_third_of_the_house() -> None:
    lines = {
        room: sum(
            len(path.read_text("utf-8").splitlines())
            for pattern in ("*.py", "*.j2", "*.mako")
            for path in (PROJECT / room).rglob(pattern)
        )
        for room in ROOMS
    }

    assert {room: n for room, n in lines.items() if n > sum(lines.values()) / 3} == {}


def build(kind: str, source: Path, into: Path) -> Path:
    subprocess.run(  # noqa: S603 - our own build
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [built] = into.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def test_the_wheel_of_the_sdist_is_the_same_to_the_byte(tmp_path: Path) -> None:
    # `python -m build` makes the sdist, and the wheel of that.
    sdist = build("sdist", PROJECT, tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")

    wheels = [
        build("wheel", source, tmp_path / name)
        for name, source in (("one", unpacked), ("other", PROJECT))
    ]

    one, other = (wheel.read_bytes() for wheel in wheels)
    assert one == other


def test_a_project_with_folders_of_the_same_names_shadows_nothing(
    tmp_path: Path,
) -> None:
    python = [sys.executable, "-m"]
    wheel = build("wheel", PROJECT, tmp_path)
    installed = tmp_path / "installed"
    subprocess.run(  # noqa: S603 - our own build
        [
            *(*python, "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--disable-pip-version-check", f"--target={installed}", str(wheel)),
        ],
        check=True,
    )
    project = tmp_path / "project"
    for name in ("runner", "compiler", "migrations", "cli", "sandbox"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text("raise ImportError('hid')\n")
    modules = sorted(
        ".".join(path.relative_to(installed).with_suffix("").parts)
        for path in installed.glob("bygones/*/*.py")
        if path.name not in ("env.py", "__main__.py")
    )
    script = "import importlib, sys\n" + "".join(
        f"importlib.import_module({name!r})\n" for name in modules
    )
    script += "print(sys.modules['bygones.compiler.project'].CONTROL)\n"

    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script],
        cwd=project,
        env={"PYTHONPATH": str(installed)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert ran.stderr == ""
    # What all archives share is in the wheel, and read from there.
    control = installed / "bygones" / "sql" / "control"
    assert ran.stdout.strip() == str(control)
    assert files_of(control) == files_of(PROJECT / "sql" / "control")


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.sql")}
