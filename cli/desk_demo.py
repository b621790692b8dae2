"""``minzheng desk --demo``: the desk on the demo's town, with an officer whom whoever tries it can be."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyotp
from psycopg import sql

from cli.serving_demo import question
from serving.desk import officers
from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME, NAMES_HERE, settings
from warehouse.seeds import code_titles

LOGIN, NAME = "shiyong", "试用"
# Beside that of an officer: with them every page opens.
ROLES = ("loader", "auditor")
CODES = 20


def open_to_try(warehouse: Warehouse, address: str) -> Iterator[str]:
    """An officer of all divisions, made anew each time; tells what to type. The people are invented, so their numbers
    may be shown: a household to ask about, under a consent that is entered for today."""
    chosen = settings()
    chosen.desk_secure_cookies = False  # without TLS, on this machine alone
    chosen.desk_hosts = [*NAMES_HERE]
    chosen.desk_local_accounts, chosen.desk_oidc_issuer = True, ""
    known = {officer.login for officer in officers.officers(warehouse)}
    given = (
        officers.reset(warehouse, LOGIN) if LOGIN in known else officers.add(warehouse, LOGIN, NAME, ["*"])
    )
    assert given is not None  # without a subject of a sign-in service it has a password
    with warehouse.connect() as connection:
        for role in ROLES:
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(LOGIN)))
        connection.execute("update desk.account set must_change = false where login = %s", [LOGIN])
    yield f"工作台 desk: {address}/"
    yield f"登录名 login: {given.login}"
    yield f"密码 password: {given.password}"
    yield f"验证码应用的地址 for an application of one-time codes: {given.totp_uri}"
    yield "或用下列验证码，各用一次 or these codes, each once:"
    now = datetime.now(BUREAU_TIME)
    codes = pyotp.parse_uri(given.totp_uri)
    assert isinstance(codes, pyotp.TOTP)
    begun = now - timedelta(seconds=now.timestamp() % codes.interval)
    for number in range(CODES):
        moment = begun + timedelta(seconds=number * codes.interval)
        yield f"  {moment:%H:%M:%S}  {codes.at(moment)}"
    asked = question(warehouse)
    benefit = code_titles("codes/code_value", "benefit")[asked["aid_type"]]
    yield f"核对申请可填 to ask for a report: 授权书编号 {asked['authorization_no']}，救助类别 {benefit}，家庭成员"
    for member in asked["members"]:
        yield f"  {member['name']}  {member['id_number']}  {member['relation']}"
