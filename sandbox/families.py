"""Hold what differs between MySQL and MariaDB as servers, in one visible place."""

from dataclasses import dataclass, replace

from bygones.sandbox.errors import SandboxError

# Functions and triggers may be created with the binary log on, as in the field on
# RDS. The pool holds every test's data, and memory is taken only when it is used.
_COMMON_OPTIONS = (
    "--log-bin-trust-function-creators=1",
    "--innodb-buffer-pool-size=512M",
    "--performance-schema=ON",
)

# A rehearsal loads others' dumps; MariaDB knows no such value, but a folder.
_NO_FILES = "--secure-file-priv=NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Describe one family of servers; durability stays as it is shipped.

    Two releases of MariaDB are families of their own, of one `kind`.
    """

    name: str
    kind: str
    title: str
    image: str
    debian_suite: str
    server: str
    client: str
    options: tuple[str, ...]
    # Of programs that are unpacked, whatever they do.
    always: tuple[str, ...] = ()


_MYSQL = Family(
    name="mysql",
    kind="mysql",
    title="MySQL",
    image="mysql:8.4",
    debian_suite="sid",  # no Debian release holds MySQL
    server="usr/sbin/mysqld",
    client="usr/bin/mysql",
    options=(*_COMMON_OPTIONS, _NO_FILES),
    always=("--mysqlx=OFF", _NO_FILES),  # without it, a folder that isn't there
)
_MARIADB = Family(
    name="mariadb",
    kind="mariadb",
    title="MariaDB",
    image="mariadb:10.11",
    debian_suite="bookworm",  # the release with MariaDB 10.11
    server="usr/sbin/mariadbd",
    client="usr/bin/mariadb",
    # What MySQL does unasked.
    options=(
        *_COMMON_OPTIONS,
        "--log-bin",
        "--binlog-format=ROW",
        "--server-id=1",
        "--character-set-server=utf8mb4",
    ),
)
FAMILIES = {
    family.name: family
    for family in (
        _MYSQL,
        _MARIADB,
        replace(
            _MARIADB,
            name="mariadb-11.8",
            image="mariadb:11.8",
            debian_suite="trixie",  # the release with MariaDB 11.8
        ),
    )
}


def family_called(name: str) -> Family:
    """Return the family of that name."""
    if name not in FAMILIES:
        raise SandboxError(
            f"No family of servers is called {name!r}: BYGONES_TEST_SERVER is "
            f"{', '.join(FAMILIES)}."
        )
    return FAMILIES[name]


def family_of(version: str) -> Family:
    """Return the family whose server answers VERSION() so, whatever its release."""
    return _MARIADB if "mariadb" in version.lower() else _MYSQL
