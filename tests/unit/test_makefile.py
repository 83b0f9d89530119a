"""What a stranger types works, or says what is missing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from bygones.sandbox.shop import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text()
LOCK = (PROJECT / "requirements.lock").read_text()


def make(
    *arguments: str, folder: Path = PROJECT, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if "MAKE" not in name
    }
    return subprocess.run(  # noqa: S603 - targets of our own
        ["make", *arguments],  # noqa: S607 - the make on PATH is what is tested
        cwd=folder,
        env=environment | variables,
        check=False,
        capture_output=True,
        text=True,
    )


def wheel(folder: Path, name: str, version: str, *metadata: str) -> str:
    """Make a package that holds nothing; return how a lock names it."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    files = {
        f"{about}/METADATA": "\n".join([*lines, *metadata, ""]),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        record = "".join(f"{file},,\n" for file in [*files, f"{about}/RECORD"])
        archive.writestr(f"{about}/RECORD", record)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder in which nothing was installed yet."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


def python_that_fails(folder: Path, word: str) -> Path:
    """Return a Python that can't run a program with that word in it."""
    program = folder / "python"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *{word}*) exit 1;; esac\nexec {sys.executable} "$@"\n'
    )
    program.chmod(0o700)
    return program


def test_help_lists_every_target() -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE))

    listed = make().stdout.splitlines()

    assert {line.split()[1] for line in listed} == set(phony.split())


def test_what_is_typed_is_text_to_make_and_to_the_shell(bare: Path) -> None:
    (bare / ".venv/bin").mkdir(parents=True)
    for program in ("python", "bygones"):
        told = bare / ".venv/bin" / program
        told.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        told.chmod(0o700)
    (bare / ".venv/ready").touch()
    text = "it's $(touch a) `touch a` $(shell touch a) \"; touch a; '; touch a #$$"

    done = make(
        "rehearse",
        *(f"{name}={text}" for name in ("SCHEMA", "ROOTS", "ROOT", "SERVER")),
        folder=bare,
    )
    packaged = make("package", f"CA={text}", folder=bare)

    assert done.stdout.splitlines()[2:] == [
        *(f"--{name}={text}" for name in ("roots", "root", "server")),
        "--",
        text,
    ]
    assert packaged.stdout.splitlines() == ["package", f"--ca={text}"]
    assert not (bare / "a").exists()


def test_an_old_python_is_told_which_one_is_needed(bare: Path) -> None:
    python = python_that_fails(bare, "version_info")

    done = make("demo", f"PYTHON={python}", folder=bare)

    assert done.returncode != 0
    assert "bygones needs Python 3.11 or newer" in done.stderr


def test_a_python_without_venv_is_told_the_package(bare: Path) -> None:
    python = python_that_fails(bare, "ensurepip")

    done = make("demo", f"PYTHON={python}", folder=bare)

    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr


def test_the_lock_has_hashes_and_names_no_address() -> None:
    lines = [line for line in LOCK.splitlines() if not line.lstrip().startswith("#")]
    packages = [line for line in lines if not line.startswith(" ")]

    assert all(re.match(r"[a-z0-9._-]+==[^ ]+( ; .*)? \\$", line) for line in packages)
    assert "://" not in LOCK
    assert "--index" not in LOCK


def test_the_lock_has_every_declared_dependency() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    declared = [
        *project["dependencies"],
        *(
            name
            for group in project["optional-dependencies"].values()
            for name in group
        ),
    ]

    names = {re.split(r"[\[<>=]", name)[0] for name in declared} - {"bygones"}

    assert names <= set(re.findall(r"^([a-z0-9._-]+)==", LOCK, re.MULTILINE))


# Installs a wheel that is there, in the place of a build tool from the lock.
BACKEND = """
import shutil

def build_editable(folder, config_settings=None, metadata_directory=None):
    return shutil.copy("ours-1-py3-none-any.whl", folder) and "ours-1-py3-none-any.whl"
"""
NAMES_THE_BACKEND = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def test_the_set_up_resolves_nothing_again() -> None:
    packages, ours = re.findall(r"/pip install (.*\\\n.*)", MAKEFILE)

    assert {"--no-deps", "--require-hashes"} <= set(packages.split())
    assert {"--no-deps", "--no-build-isolation", "--no-index"} <= set(ours.split())


@pytest.mark.soak
def test_the_set_up_asks_for_nothing_that_the_lock_does_not_name(bare: Path) -> None:
    (bare / "pyproject.toml").write_text(NAMES_THE_BACKEND)
    (bare / "backend.py").write_text(BACKEND)
    wheel(bare, "ours", "1", "Requires-Dist: kit")
    index = bare / "index"
    index.mkdir()
    needs_part = "Requires-Dist: part[fast]>=1"
    extra = ("Provides-Extra: fast", 'Requires-Dist: spare>=1; extra == "fast"')
    lock = [
        wheel(index, "kit", "1", needs_part),
        wheel(index, "part", "1", *extra),
        wheel(index, "spare", "1"),
    ]
    (bare / "requirements.lock").write_text("".join(lock))
    # What somebody publishes a week later.
    wheel(index, "kit", "2", needs_part, "Requires-Dist: news")
    wheel(index, "part", "2", *extra)
    wheel(index, "spare", "2")
    wheel(index, "news", "1")

    done = make(".venv/ready", folder=bare, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(index))

    assert done.returncode == 0, done.stderr
    installed = (bare / ".venv").glob("lib/*/site-packages/*.dist-info")
    names = {path.name.removesuffix(".dist-info") for path in installed}
    assert {"kit-1", "part-1", "spare-1", "ours-1"} == {
        name for name in names if not name.startswith(("pip-", "setuptools-"))
    }


def test_the_lock_names_all_that_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout


def test_the_sandbox_says_how_to_connect_and_ends_with_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bygones.sandbox"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if line.startswith("Ctrl-C ends"):
                break
        url = next(line for line in said if "_caller" in line).split("=", 1)[1]
        ran = subprocess.run(  # noqa: S603 - our own command
            [Path(sys.executable).with_name("bygones"), "run"],
            cwd=PROJECT,
            env=os.environ | {"BYGONES_DATABASE_URL": url.strip("'")},
            check=False,
            capture_output=True,
            text=True,
        )
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate()

    assert "roots 1,615" in ran.stdout, ran.stderr
    assert process.returncode == 0, complaints
    assert "The server is gone." in rest
    assert "Traceback" not in complaints
