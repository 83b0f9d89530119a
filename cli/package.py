"""Make the Lambda's package: a folder and a zip, byte for byte the same every time.

Python alone, from what is installed by requirements.lock: no compiler, no network.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import ssl
import zipfile
from pathlib import Path

import bygones
from bygones.runner.connection import BUNDLED_CA
from bygones.runner.errors import ConfigurationError

PACKAGE = Path(bygones.__file__).parent
FOLDER, ZIP = "lambda", "lambda.zip"
# What AWS is told to start, wherever the code of it lies.
ENTRY = b'''\
"""Lambda starts this."""

from bygones.runner.handler import handler as handler
'''
DRIVER = "pymysql"
# The first time that a zip can hold.
TIME = (1980, 1, 1, 0, 0, 0)
# A regular file that everybody may read: Lambda runs as an account of its own.
MODE = 0o100644


def build(into: Path, *, ca: Path | None = None) -> Path:
    """Write the folder and the zip of it, over older ones; return the zip."""
    files = contents(ca)
    folder, package = into / FOLDER, into / ZIP
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    # Stored: what a file is compressed to depends on the machine's zlib.
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3  # Unix, on whatever it was made
            entry.external_attr = MODE << 16
            archive.writestr(entry, data)
    return package


def contents(ca: Path | None) -> dict[str, bytes]:
    """Return what is in the package, by name and in its order."""
    runner = {
        f"bygones/{path.relative_to(PACKAGE)}": path.read_bytes()
        for path in (PACKAGE / "__init__.py", *PACKAGE.glob("runner/*.py"))
    }
    entry = {"runner/handler.py": ENTRY}
    bundle = {f"bygones/{BUNDLED_CA.name}": certificates(ca)} if ca else {}
    return dict(sorted((runner | entry | driver() | bundle).items()))


def driver() -> dict[str, bytes]:
    """Return the installed driver's modules, its name, version and licence."""
    distribution = importlib.metadata.distribution(DRIVER)
    return {
        str(file): file.read_binary()
        for file in distribution.files or ()
        if file.suffix == ".py" or file.name in {"LICENSE", "METADATA"}
    }


def certificates(ca: Path) -> bytes:
    """Read the file, if a server can be verified by it."""
    try:
        ssl.create_default_context(cafile=ca)
        return ca.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"CA names {ca}, which holds no certificates: {error.strerror or error}"
        ) from error
