"""Make the secrets of docker-compose.yml: ``python3 deploy/make_secrets.py [FOLDER [HOST]]``.

HOST: where PostgreSQL is, ``postgres`` in the network of Compose; 127.0.0.1 for the units of ``make_units.py``.

Needs nothing but Python. What exists is left as it is, so running it again changes nothing. The
files can be read by all (the containers' account differs from yours), the folder by you alone.
"""

import base64
import secrets
import sys
from pathlib import Path


def _login(name: str, host: str) -> str:
    return f"postgresql://{name}:{secrets.token_urlsafe(24)}@{host}:5432/minzheng"


def make(folder: Path, host: str = "postgres") -> list[Path]:
    """Write the files that are missing; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # also one that was there
    password_file = folder / "postgres_password"
    password = password_file.read_text().strip() if password_file.exists() else secrets.token_urlsafe(24)
    airflow = f"airflow:{secrets.token_urlsafe(24)}@{host}:5432/airflow"
    contents = {
        # The administrator: known to PostgreSQL and to what prepares the databases, to no service.
        "postgres_password": password,
        "minzheng_database_url": f"postgresql://minzheng:{password}@{host}:5432/minzheng",
        # A login for each service, made with its rights by deploy/make_logins.py.
        "work_database_url": _login("dw_work", host),
        "serve_database_url": _login("dw_serve", host),
        "door_database_url": _login("dw_door", host),
        "backup_database_url": _login("dw_backup", host),
        "airflow_database_url": f"postgresql+psycopg2://{airflow}",
        "airflow_database_url_async": f"postgresql+psycopg_async://{airflow}",
        "airflow_jwt_secret": secrets.token_urlsafe(32),
        "airflow_secret_key": secrets.token_urlsafe(32),
        "airflow_fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "minzheng_api_callback_key": secrets.token_urlsafe(48),
        # Vouches for backups: wanted for restoring too, so keep a copy beside the key that opens them.
        "minzheng_backup_sender_key": secrets.token_urlsafe(48),
        # Filled in by you where they are wanted: alerts, clients of the REST service, who signs in at source systems.
        "minzheng_alert_webhook_url": "",
        "minzheng_alert_smtp_password": "",
        "minzheng_api_tokens": "{}",
        "minzheng_desk_oidc_client_secret": "",
        "minzheng_sources": "{}",
    }
    missing = [folder / name for name in contents if not (folder / name).exists()]
    for path in missing:
        path.write_text(contents[path.name], encoding="utf-8")
        path.chmod(0o444)
    return missing


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("secrets")
    for made in make(target, *sys.argv[2:3]):
        print(f"made {made}")
