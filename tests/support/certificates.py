"""Make certificates, and have a server show them."""

from __future__ import annotations

import datetime as dt
import ipaddress
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.procedures import Connection

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files of a CA, and of a server's certificate that it signed."""

    ca: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path, *, host: str) -> Certificates:
    """Write a CA, and a server's certificate for a host by it."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A CA of a test")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A server of a test")])
    ca = _sign(
        ca_name,
        ca_name,
        ca_key,
        ca_key,
        x509.BasicConstraints(ca=True, path_length=None),
    )
    alternative = x509.SubjectAlternativeName([_general_name(host)])
    certificate = _sign(name, ca_name, key, ca_key, alternative)
    files = Certificates(
        ca=folder / "ca.pem",
        certificate=folder / "server-cert.pem",
        key=folder / "server-key.pem",
    )
    files.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@contextmanager
def shown(connection: Connection, files: Certificates) -> Iterator[None]:
    """Have MySQL show a certificate to whoever connects meanwhile."""
    names = ("ssl_ca", "ssl_cert", "ssl_key")
    before = [value(connection, f"SELECT @@{name}") for name in names]
    try:
        _set(connection, dict(zip(names, _paths(files), strict=True)))
        yield
    finally:
        _set(connection, dict(zip(names, before, strict=True)))


@contextmanager
def without_tls(connection: Connection) -> Iterator[None]:
    """Have MySQL offer no TLS meanwhile: it has no key that it could use."""
    key = value(connection, "SELECT @@ssl_key")
    try:
        query(connection, "SET GLOBAL ssl_key = '/nowhere'")
        query(connection, "ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR")
        yield
    finally:
        _set(connection, {"ssl_key": key})


def _set(connection: Connection, variables: dict[str, str]) -> None:
    for name, text in variables.items():
        query(connection, f"SET GLOBAL {name} = %s", text)
    query(connection, "ALTER INSTANCE RELOAD TLS")


def _paths(files: Certificates) -> tuple[str, str, str]:
    return str(files.ca), str(files.certificate), str(files.key)


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(extension, critical=False)
        .sign(by, hashes.SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
