"""Find out whom to connect as: by a plain URL, a secret, or a token that AWS signs.

boto3 is imported here alone, and only where it's needed: it comes with Lambda's own
runtime and isn't in the zip.
"""

from __future__ import annotations

import ipaddress
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bygones.runner import log
from bygones.runner.connection import SETTING, Database, connect, parse_url
from bygones.runner.errors import (
    BygonesError,
    ConfigurationError,
    StopError,
    TryLaterError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql
    from pymysql.cursors import Cursor

SECRET = "BYGONES_SECRET_ID"  # noqa: S105 - the setting's name
IAM = "BYGONES_IAM_AUTH"
SWITCH = {"": False, "off": False, "on": True}
ACCESS_DENIED = 1045
# What a secret may name, as RDS writes it. Whatever else is in it isn't for us.
FIELDS = {
    "username": "user",
    "password": "password",
    "host": "host",
    "port": "port",
    "dbname": "source",
}
EXAMPLE = '{"username": "…", "password": "…", "host": "…", "dbname": "shop"}'
# A VPC without a way to AWS swallows what is sent: that has to be said in time.
CONNECT_SECONDS, READ_SECONDS, TRIES = 3, 5, 2
# Of AWS' errors, those that pass by themselves.
PASSING = {
    "InternalServiceError",
    "InternalServiceErrorException",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
}

DENIED = (
    "; the role needs secretsmanager:GetSecretValue on it, and kms:Decrypt where its "
    "key is one of yours"
)
HINTS = {
    "AccessDeniedException": DENIED,
    "403": DENIED,  # without a code, from what stands between
    "ResourceNotFoundException": "; there is no such secret in this region and account",
}

# What names of secrets and their ARNs are made of.
SECRET_ID = re.compile(r"(?!.*://)[A-Za-z0-9/_+=.@!:-]+")

# By what was asked for, since a Lambda forgets all else: fetched once, used until the
# server refuses it.
_fetched: dict[Login, Database] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Say where an account's name and password come from."""

    url: str | None = field(default=None, repr=False)
    secret_id: str | None = None
    is_iam: bool = False

    @property
    def name(self) -> str:
        """What metrics tell this database by, without asking anybody."""
        if self.secret_id is not None:
            return self.secret_id
        return parse_url(self.url or "").source

    def database(self) -> Database:
        """Return what is known, or fetch it; a token is for each connection anew."""
        if self not in _fetched:
            _fetched[self] = self._fetch()
        database = _fetched[self]
        return replace(database, password=_token(database)) if self.is_iam else database

    def connect(
        self, *, seconds: float, program: str = "bygones"
    ) -> pymysql.Connection[Cursor]:
        """Open a session in the history schema; fetch a refused password once more."""
        try:
            return self._connect(seconds, program)
        except BygonesError as error:
            # Another host may be in it by now as well.
            _fetched.pop(self, None)
            if error.errno != ACCESS_DENIED or self.secret_id is None:
                raise
            log.password_refused(self.secret_id)
        return self._connect(seconds, program)

    def _connect(self, seconds: float, program: str) -> pymysql.Connection[Cursor]:
        database = self.database()
        return connect(
            database, schema=database.history, seconds=seconds, program=program
        )

    def _fetch(self) -> Database:
        named = parse_url(self.url) if self.url else None
        database = _secret(self.secret_id, named) if self.secret_id else named
        if database is None:
            raise ConfigurationError(f"Neither {SETTING} nor {SECRET} is set")
        if self.is_iam and database.password:
            raise ConfigurationError(
                f"{IAM} is on, so there must be no password: a token takes its place"
            )
        if self.is_iam and not database.is_encrypted:
            raise ConfigurationError(
                f"{IAM} is on, so TLS must be: a token would be sent in clear text; "
                f"take tls=off or unix_socket out of {SETTING}"
            )
        return database


def login_from(
    environment: Mapping[str, str], *, secret_id: str | None = None
) -> Login:
    """Read the settings; a secret that is named here goes before the setting's."""
    switch = environment.get(IAM, "")
    if switch not in SWITCH:
        raise ConfigurationError(f'{IAM} is "{switch}"; it can be on or off')
    login = Login(
        url=environment.get(SETTING) or None,
        secret_id=secret_id or environment.get(SECRET) or None,
        is_iam=SWITCH[switch],
    )
    if login.url is None and login.secret_id is None:
        raise ConfigurationError(f"{SETTING} isn't set, and no {SECRET} in its place")
    # Whoever puts the URL itself there must not find its password in a log.
    if login.secret_id is not None and not SECRET_ID.fullmatch(login.secret_id):
        raise ConfigurationError(
            f'{SECRET} and the event\'s "secret" take the name or the ARN of a secret, '
            "not what is in it"
        )
    return login


def _secret(secret_id: str, named: Database | None) -> Database:
    """Read a secret; what it leaves out is as in the URL."""
    answer = _asked("secretsmanager", "get_secret_value", SecretId=secret_id)
    text = answer.get("SecretString")
    if text is None:
        raise _malformed(secret_id, "it is binary")
    text = text.strip()
    try:
        secret = json.loads(text)
    except ValueError:
        secret = None
    # Whatever it begins with, it is meant as one.
    if secret is None and "://" in text:
        try:
            return parse_url(text)
        except ConfigurationError as error:
            raise ConfigurationError(f"The secret {secret_id}: {error}") from None
    if not isinstance(secret, dict):
        raise _malformed(secret_id, "it is no JSON object and no mysql:// URL")
    found = {
        ours: _checked(secret_id, theirs, secret[theirs])
        for theirs, ours in FIELDS.items()
        if secret.get(theirs) is not None
    }
    needed = {"username"} if named else {"username", "host", "dbname"}
    for theirs in sorted(needed):
        if FIELDS[theirs] not in found:
            where = "" if theirs == "username" else f", and {SETTING} isn't set"
            raise _malformed(secret_id, f'it has no "{theirs}"{where}')
    base = named or Database(source="")
    # The URL's password isn't this account's.
    return replace(base, **{"password": ""} | found)


def _checked(secret_id: str, name: str, value: object) -> Any:  # noqa: ANN401 - a field's
    if name == "port":
        if str(value).isdecimal():
            return int(str(value))
        raise _malformed(secret_id, '"port" must be a number')
    if not isinstance(value, str) or not value:
        raise _malformed(secret_id, f'"{name}" must be a text')
    if name == "password":
        # A blank may be part of it, a newline comes from the file it was in.
        if value.endswith(("\n", "\r")):
            raise _malformed(secret_id, '"password" ends with a newline; leave it out')
        return value
    value = value.strip()
    if name == "host" and not _is_host(value):
        raise _malformed(
            secret_id,
            '"host" must be a name or an address alone, without brackets; the port is '
            'a field of its own: "host": "db.example", "port": 3306',
        )
    return value


def _is_host(text: str) -> bool:
    """Tell whether it can be one; not whether there is one."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return not re.search(r"[\s:/@\[\]]", text)


def _malformed(secret_id: str, problem: str) -> ConfigurationError:
    """Say what is wrong with a secret, without a part of it."""
    return ConfigurationError(
        f"The secret {secret_id} is wrong: {problem}; an example: {EXAMPLE}"
    )


def _token(database: Database) -> str:
    """Sign a token, which is good for one connection within 15 minutes: offline."""
    return str(
        _asked(
            "rds",
            "generate_db_auth_token",
            DBHostname=database.host,
            Port=database.port,
            DBUsername=database.user,
        )
    )


def _asked(service: str, operation: str, **arguments: object) -> Any:  # noqa: ANN401 - AWS'
    """Ask AWS, and turn its errors into ours."""
    try:
        import boto3  # noqa: PLC0415 - it takes longer to import than all the rest
        from botocore.config import Config  # noqa: PLC0415 - the same
        from botocore.exceptions import (  # noqa: PLC0415 - the same
            BotoCoreError,
            ClientError,
            ConnectionError,  # noqa: A004 - AWS' own
            HTTPClientError,
        )
    except ImportError:
        raise ConfigurationError(
            f"{SECRET} and {IAM} need boto3, which Lambda has: pip install boto3"
        ) from None
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": TRIES},
    )
    doing = f"{operation} of {arguments.get('SecretId') or arguments['DBUsername']}"
    try:
        return getattr(boto3.client(service, config=config), operation)(**arguments)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        kind = TryLaterError if code in PASSING else StopError
        raise kind(f"{doing} failed: {code}{HINTS.get(code, '')}") from None
    except (ConnectionError, HTTPClientError) as error:
        raise TryLaterError(
            f"{doing} failed: {type(error).__name__}; is there a way from this network "
            "to AWS, such as a VPC endpoint for Secrets Manager?"
        ) from None
    except BotoCoreError as error:
        raise StopError(f"{doing} failed: {error}") from None
