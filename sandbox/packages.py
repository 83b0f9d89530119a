"""Get a server from the distribution's packages, without root and without Docker.

`apt-get` is given a state of its own in which nothing is installed, so it resolves
everything that the server needs, the C library included.
"""

import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bygones.sandbox.cache import made_once
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import Family

_KEYRINGS = Path("/usr/share/keyrings")
_ADVICE = (
    "Give the URL of a server's superuser as BYGONES_TEST_URL, or start Docker, "
    "or use Debian or Ubuntu."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Name where this machine gets its own packages from."""

    distribution: str
    release: str
    address: str

    def sources(self, suite: str) -> str:
        """Write a sources file: Debian's `suite`, or all of this Ubuntu release."""
        keys = sorted(_KEYRINGS.glob(f"{self.distribution}-archive-keyring.*"))
        if not keys:
            raise SandboxError(
                f"There is no {self.distribution}-archive-keyring in {_KEYRINGS}: "
                f"install the package of that name. {_ADVICE}"
            )
        suites, components = [suite], "main"
        if self.distribution == "ubuntu":
            pockets = ("", "-updates", "-security")
            suites = [self.release + pocket for pocket in pockets]
            components = "main universe"
        return "".join(
            f"deb [signed-by={keys[0]}] {self.address} {suite} {components}\n"
            for suite in suites
        )


def unpacked(family: Family) -> Path:
    """Return the folder with the family's packages; download them the first time."""
    return made_once(family.name, lambda folder: _fetch(family, folder))


def _fetch(family: Family, folder: Path) -> None:
    with extracting(folder, family.debian_suite) as options:
        names = (_newest(family, part, options) for part in ("server", "client"))
        run("apt-get", *options, "install", "--yes", "--download-only", *names)


@contextmanager
def extracting(folder: Path, suite: str) -> Iterator[list[str]]:
    """Give the options of an apt of its own; what it downloads comes into the folder.

    The suite is Debian's; Ubuntu has all of its release.
    """
    missing = [tool for tool in ("apt-get", "dpkg") if not shutil.which(tool)]
    if missing:
        raise SandboxError(f"This machine has no {' and no '.join(missing)}. {_ADVICE}")
    apt = folder / "apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(_mirror().sources(suite))
    options = _options(apt)
    run("apt-get", *options, "update")

    yield options

    for package in sorted(apt.glob("cache/archives/*.deb")):
        run("dpkg", "--extract", str(package), str(folder))
    shutil.rmtree(apt)


def _options(apt: Path) -> list[str]:
    settings = {
        "Dir::State": apt / "state",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",  # root's apt could not write here as another user
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Update::Error-Mode": "any",  # else no network is but a warning
        "Debug::NoLocking": "1",
    }
    return [
        part for name, value in settings.items() for part in ("-o", f"{name}={value}")
    ]


def _mirror() -> Mirror:
    columns = "$(ORIGIN)\t$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)"
    targets = ("indextargets", "--format", columns, "Created-By: Packages")
    # Where `apt-get update` never ran, as in a fresh container, no origin is known.
    for known in ((), ("--no-release-info",)):
        for line in run("apt-get", *known, *targets).splitlines():
            origin, release, component, address = line.split("\t")
            distribution = _this_distribution() if known else origin.lower()
            if (
                distribution in ("debian", "ubuntu")
                and component == "main"
                and release.isalpha()  # leaves out -updates, -security, -backports
            ):
                return Mirror(
                    distribution=distribution, release=release, address=address
                )
    raise SandboxError(f"apt-get knows no mirror of Debian or Ubuntu. {_ADVICE}")


def _this_distribution() -> str:
    system = platform.freedesktop_os_release()
    ancestry = [system.get("ID", ""), *system.get("ID_LIKE", "").split()]
    return next((name for name in ("ubuntu", "debian") if name in ancestry), "")


def _newest(family: Family, part: str, options: list[str]) -> str:
    """Return the package's name, which on Ubuntu may end in a version."""
    wanted = f"^{family.kind}-{part}-core(-[0-9.]+)?$"
    found = run("apt-cache", *options, "search", "--names-only", wanted).splitlines()
    if not found:
        raise SandboxError(f"The mirror has no {family.kind}-{part}-core. {_ADVICE}")
    return max(line.split()[0] for line in found)


def run(*command: str, cwd: Path | None = None) -> str:
    """Run one of apt's tools and return what it says."""
    done = subprocess.run(  # noqa: S603 - only apt's tools, with arguments of our own
        command, cwd=cwd, check=False, capture_output=True, text=True
    )
    if done.returncode:
        said = done.stderr.strip()[-1000:]
        raise SandboxError(f"{command[0]} could not get packages:\n{said}\n{_ADVICE}")
    return done.stdout
