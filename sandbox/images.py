"""Build an image of a server from its unpacked packages, without a registry.

It holds what lies in `.sandbox/` and a shell, and takes the settings of the official
images, so that testcontainers can't tell it from one.
"""

import io
import shlex
import tarfile
from pathlib import Path

from docker import DockerClient  # type: ignore[import-untyped]  # has no types

from bygones.sandbox.cache import made_once
from bygones.sandbox.families import Family
from bygones.sandbox.packages import extracting, run, unpacked
from bygones.sandbox.program import Program

_ENTRYPOINT = Path(__file__).parent / "image" / "entrypoint.sh"
_SHELL = "busybox"
_SUITE = "bookworm"
_SERVER = "/opt/server"
_BIN = "/bin"


def build(engine: DockerClient, family: Family) -> str:
    """Build the family's image in an engine; return its name."""
    repository, tag = f"bygones-{family.name}", "packages"
    path = made_once(f"{family.name}-image", lambda folder: _write(family, folder))
    engine.api.import_image_from_file(
        str(path / "image.tar"),
        repository=repository,
        tag=tag,
        changes=[
            f'ENTRYPOINT ["{_BIN}/{_SHELL}", "sh", "/entrypoint.sh"]',
            f"ENV PATH={_BIN}",
            "EXPOSE 3306",
        ],
    )
    return f"{repository}:{tag}"


def _write(family: Family, folder: Path) -> None:
    root = unpacked(family)
    program = Program(family=family, root=root)
    shell = made_once(_SHELL, _fetch_shell)
    with tarfile.open(folder / "image.tar", "w") as archive:
        for name in (".", "tmp", "var", "var/lib", "var/lib/mysql"):
            _add_folder(archive, name)
        archive.add(root, arcname=_SERVER.strip("/"))
        archive.add(program.template(), arcname="template")
        archive.add(shell / _BIN.strip("/") / _SHELL, arcname=f"bin/{_SHELL}")
        for tool in ("sh", "sed", "cp", "sleep", "kill"):
            _add_link(archive, f"bin/{tool}", _SHELL)
        _add_program(archive, "entrypoint.sh", _ENTRYPOINT.read_text("utf-8"))
        for name, command in (
            ("server", program.server()),
            ("client", program.client()),
        ):
            moved = [part.replace(str(root), _SERVER) for part in command]
            script = f'#!{_BIN}/{_SHELL} sh\nexec {shlex.join(moved)} "$@"\n'
            _add_program(archive, f"bin/{name}", script)


def _fetch_shell(folder: Path) -> None:
    with extracting(folder, _SUITE) as options:
        package = f"{_SHELL}-static"
        run("apt-get", *options, "install", "--yes", "--download-only", package)


def _add_folder(archive: tarfile.TarFile, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755 if name != "tmp" else 0o1777
    archive.addfile(info)


def _add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    archive.addfile(info)


def _add_program(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    info = tarfile.TarInfo(name)
    info.mode, info.size = 0o755, len(content)
    archive.addfile(info, io.BytesIO(content))
