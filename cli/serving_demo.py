"""``minzheng serve --demo``: the service on the demo's town, with a token and a question that can be typed."""

import json
import secrets
import shlex
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.server import EmbeddedServer
from warehouse.database.settings import BUREAU_TIME, settings
from warehouse.verification.authorization import add
from warehouse.verification.clients import new_token

CLIENT = "demo"
# The household of which most is to be told: findings first, then the number.
HOUSEHOLD = """
with

households as (
    select
        member.aid_household_no,
        jsonb_agg(
            jsonb_build_object(
                'name', resident.name, 'id_number', resident.id_number, 'relation', coalesce(member.relation, '其他')
            )
            order by member.member_no, member.resident_id
        ) as members
    from pub.current_aid_household_member as member
    inner join pub.current_resident as resident using (resident_id)
    where member.valid_to is null
    group by member.aid_household_no
    having
        count(*) between 2 and 5
        and bool_and(resident.name is not null and resident.id_number is not null and resident.died_on is null)
)

select household.aid_type_code, households.members
from households
inner join pub.current_aid_household as household using (aid_household_no)
where household.is_active
order by
    (
        select count(*) from pub.current_finding as finding
        where finding.aid_household_no = household.aid_household_no and finding.outcome = 'hit'
    ) desc,
    household.aid_household_no
limit 1
"""


def require_demo() -> None:
    """Raises UsageError where no demo was made in the home of the settings."""
    if not EmbeddedServer(settings().home).port_file.exists():
        raise UsageError(
            "还没有演示仓库，请先运行 `minzheng demo`。 There is no demo yet: run `minzheng demo` first."
        )


def open_to_try(warehouse: Warehouse, address: str) -> Iterator[str]:
    """Lets a client in, with a token for as long as the service runs; tells what to type.

    The people are invented, so their numbers may be shown. A consent of theirs is entered, for today.
    """
    token, digest = new_token()
    settings().api_tokens = {CLIENT: digest}
    body = json.dumps(question(warehouse), ensure_ascii=False)
    yield f"接口说明 read and try: {address}/docs/"
    yield f"令牌 token: {token}"
    yield "在另一终端核对一户 in another terminal, ask about a household:"
    yield shlex.join(
        [
            "curl", "-sS", f"{address}/v1/verifications", "-H", f"Authorization: Bearer {token}",
            "-H", "Content-Type: application/json", "-d", body,
        ]
    )  # fmt: skip


def question(warehouse: Warehouse) -> dict[str, Any]:
    """A request for a household of the demo, under a consent that is entered for today. Raises UsageError where there
    is none."""
    today = datetime.now(BUREAU_TIME).date()
    with warehouse.connect() as connection:
        row = connection.execute(HOUSEHOLD).fetchone()
        if row is None:
            raise UsageError(
                "演示仓库中没有可核对的家庭，请再运行 `minzheng demo`。 "
                "The demo has no household to ask about: run `minzheng demo` again."
            )
        aid_type, members = row
        number = f"DEMO-{today:%Y%m%d}-{secrets.token_hex(4)}"
        add(connection, number, [member["id_number"] for member in members], today, today, "serve --demo")
    return {
        "request_id": number,
        "authorization_no": number,
        "purpose": "application",
        "operator": "试用",
        "aid_type": aid_type,
        "members": members,
    }
