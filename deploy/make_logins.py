"""A login of its own for each service of docker-compose.yml, from the addresses in ``/run/secrets``.

Run as the administrator before anything else starts; running it again changes nothing.
"""

from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from warehouse.database.connection import Warehouse
from warehouse.database.logins import LOGINS, make_login, make_logins

SECRETS = Path("/run/secrets")
# Airflow runs all steps and the jobs beside them with one login.
WORK = LOGINS["dw_build"].roles + LOGINS["dw_audit"].roles + LOGINS["dw_tidy"].roles


def main(folder: Path = SECRETS) -> None:
    address = {
        name: (folder / f"{name}_database_url").read_text().strip()
        for name in ("work", "serve", "backup", "airflow")
    }
    administrator = Warehouse((folder / "minzheng_database_url").read_text().strip())
    make_logins(administrator, {address["work"]: WORK, address["serve"]: LOGINS["dw_serve"].roles})
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
    main()
