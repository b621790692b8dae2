"""A login of its own for each service of docker-compose.yml, from the addresses among its secrets.

Run as the administrator before anything else starts; running it again changes nothing. With MINZHENG_REQUIRE_TLS it
refuses before anything is sent where an address leads off this machine in the clear.
"""

import os
import sys
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.logins import LOGINS, make_login, make_logins
from warehouse.database.settings import settings
from warehouse.database.transport import Way, of_database

# Where systemd puts those of a unit, else where containers find theirs.
SECRETS = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/run/secrets"))
# Airflow runs all steps and the jobs beside them with one login.
WORK = LOGINS["dw_build"].roles + LOGINS["dw_audit"].roles + LOGINS["dw_tidy"].roles


def main(folder: Path = SECRETS) -> None:
    chosen = settings()
    address = {
        name: (folder / f"{name}_database_url").read_text().strip()
        for name in ("minzheng", "work", "serve", "door", "backup", "airflow")
    }
    plain = [name for name, where in address.items() if of_database(where) is Way.PLAIN]
    if chosen.require_tls and plain:
        files = ", ".join(f"{name}_database_url" for name in plain)
        raise UsageError(
            f"{files} 中的地址未受 TLS 保护，而 MINZHENG_REQUIRE_TLS 要求加密，不予连接。 "
            f"The addresses in {files} are not over a TLS that proves whom it reaches, which MINZHENG_REQUIRE_TLS "
            "wants: nothing was connected. Write ?sslmode=verify-full&sslrootcert=/path/to/ca.pem behind them."
        )
    administrator = Warehouse(address["minzheng"])
    roles = {"work": WORK, "serve": LOGINS["dw_serve"].roles, "door": LOGINS["dw_door"].roles}
    make_logins(administrator, {address[name]: granted for name, granted in roles.items()})
    backup, airflow = LOGINS["dw_backup"], make_url(address["airflow"])
    with psycopg.connect(administrator.address, autocommit=True) as connection:
        make_login(connection, address["backup"], backup.roles, backup.connections, backup.may_replicate)
        if airflow.username != administrator.parameters.get("user"):
            make_login(connection, address["airflow"], (), 40)
            connection.execute(
                sql.SQL("alter database {} owner to {}").format(
                    sql.Identifier(airflow.database or ""), sql.Identifier(airflow.username or "")
                )
            )


if __name__ == "__main__":
    try:
        main()
    except UsageError as error:
        sys.exit(str(error))
