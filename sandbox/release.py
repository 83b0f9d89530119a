"""Make a release of what is committed, up to what a person decides: `make release`.

The first time it freezes the SQL, the first revision and the contracts, for you to
commit; then it tests and builds what is committed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from bygones.compiler.project import CONTROL
from bygones.compiler.released import LIST, released
from bygones.sandbox.contracts import FROZEN, contracts, freeze
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.rewriting import FIRST
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import PROJECT, close_shop, open_shop, upgrade

DIST = PROJECT / "dist"

BY_HAND = """\
Left to do, by hand:

  .ci/run                                   # in a fresh clone, if it hasn't passed
  git tag --annotate {version} --message 'bygones {version}'
  git push origin {version}
  .venv/bin/uv publish {files}

Then begin the next: version = "{next}.dev0" in pyproject.toml, and a heading
"## Unreleased" in CHANGELOG.md.
"""


def main() -> int:
    """Walk down the list, and say where it ends."""
    try:
        refuse_changes()
        version = checked_version(
            (PROJECT / "pyproject.toml").read_text("utf-8"),
            (PROJECT / "CHANGELOG.md").read_text("utf-8"),
        )
        if frozen_now(version):
            _say(f"Frozen for {version}: commit {LIST.name} and {FROZEN.name}.")
            _say("Then `make release` again tests and builds what is committed.")
            return 0
        _say("Nothing is left to freeze. Linting and testing ...")
        check()
        files = build()
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    major, minor, _ = version.split(".")
    _say(
        BY_HAND.format(
            version=version, next=f"{major}.{int(minor) + 1}.0", files=" ".join(files)
        )
    )
    return 0


def refuse_changes() -> None:
    """Refuse to release what nobody could check out."""
    changed = _run("git", "status", "--porcelain")
    if changed:
        raise SandboxError(f"Commit or stash these first:\n{changed}")


def checked_version(project: str, changelog: str) -> str:
    """Return the version, if it is a release's and the changelog begins with it."""
    version = str(tomllib.loads(project)["project"]["version"])
    headings = re.findall(r"^## (\S+)", changelog, re.MULTILINE)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SandboxError(
            f"pyproject.toml says version {version}; expected a release's, such as "
            f"{version.partition('.dev')[0]}"
        )
    if headings[:1] != [version]:
        raise SandboxError(
            f"CHANGELOG.md begins with {headings[:1]}; expected the heading "
            f"## {version}, as pyproject.toml says"
        )
    return version


def frozen_now(version: str) -> bool:
    """Freeze what is new, and tell whether anything was."""
    known = {each.file for each in released()}
    files = [FIRST, *CONTROL.rglob("*.sql")]
    new = {name_of(file): file for file in files if name_of(file) not in known}
    if not new:
        return False
    with find_server("mysql") as server:
        shop = open_shop(server, source="pharmacy", finished=5)
        try:
            upgrade(shop)
            freeze(contracts(shop))
        finally:
            close_shop(server, shop)
    lines = [f"# {version}", *(f"{digest(new[n])}  {n}" for n in sorted(new))]
    with LIST.open("a", encoding="utf-8") as file:
        file.write("\n".join([*lines, ""]))
    return True


def name_of(file: Path) -> str:
    """Name a file from the repository's top, wherever the sample is."""
    if file.is_relative_to(CONTROL):
        return f"sql/control/{file.relative_to(CONTROL).as_posix()}"
    return f"migrations/versions/{file.name}"


def digest(file: Path) -> str:
    """Sum up what a file says."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def check() -> None:
    """Lint, and run the tests that need no server; what they say is shown."""
    done = subprocess.run(["make", "lint", "unit"], cwd=PROJECT, check=False)  # noqa: S607 - the make that runs this
    if done.returncode:
        raise SandboxError("Mend that first: nothing was built")


def build() -> list[str]:
    """Build twice, each from a clone of its own, and keep what is the same.

    The second wheel is built from the second sdist.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("one", "other"):
            _run("git", "clone", "--quiet", str(PROJECT), str(folder / each))
            _hatch("sdist", folder / each, folder / f"{each}.dist")
        [sdist] = (folder / "other.dist").iterdir()
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        [unpacked] = (folder / "unpacked").iterdir()
        _hatch("wheel", folder / "one", folder / "one.dist")
        _hatch("wheel", unpacked, folder / "other.dist")
        one, other = (
            {file.name: digest(file) for file in (folder / f"{each}.dist").iterdir()}
            for each in ("one", "other")
        )
        if one != other:
            raise SandboxError(f"Two builds of one commit differ: {one}, {other}")
        shutil.copytree(folder / "one.dist", DIST, dirs_exist_ok=True)
    for file in sorted(one):
        _say(f"{one[file]}  dist/{file}")
    return [f"dist/{file}" for file in sorted(one)]


def _hatch(target: str, source: Path, into: Path) -> None:
    epoch = _run("git", "log", "-1", "--format=%ct").strip()
    _run(
        *(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)),
        folder=source,
        SOURCE_DATE_EPOCH=epoch,
    )


def _run(*command: str, folder: Path = PROJECT, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise SandboxError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
