"""Certificates that servers of the tests show."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from warehouse.database.connection import Warehouse
from warehouse.database.server import Account


def self_signed(folder: Path, name: str, days: int = 1) -> Path:
    """One of a host, or of an address, with its key, in one file; who trusts the file trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    known: x509.GeneralName
    try:
        known = x509.IPAddress(ip_address(name))
    except ValueError:
        known = x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([known]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def speaking_tls(server: Warehouse, folder: Path, name: str) -> Iterator[Path]:
    """The shared PostgreSQL speaks TLS meanwhile, with a certificate of a host or an address. folder: it may read."""
    file = self_signed(folder, name)
    key = folder / "server.key"
    shutil.copy(file, key)
    key.chmod(0o600)
    account = Account.current()
    shutil.chown(key, account.uid, account.gid)
    with psycopg.connect(server.address, autocommit=True) as admin:
        for setting, value in {"ssl_cert_file": file, "ssl_key_file": key, "ssl": "on"}.items():
            admin.execute(f"alter system set {setting} = '{value}'".encode())
        admin.execute("select pg_reload_conf()")
        yield file
        for setting in ("ssl", "ssl_cert_file", "ssl_key_file"):
            admin.execute(f"alter system reset {setting}".encode())
        admin.execute("select pg_reload_conf()")
