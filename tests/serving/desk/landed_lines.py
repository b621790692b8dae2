"""Lines as they land behind a finding and of its household, for the pages that show them."""

import json
from datetime import date

from at_the_desk import ELSEWHERE, HERE, MINE, SCRIPT
from hand_made_family import Family
from psycopg.types.json import Jsonb

from ingestion.contract import load_contracts
from ingestion.input_views import ensure_views
from ingestion.line_columns import register
from ingestion.raw_table import add_key, ensure_table

DAY = date(2025, 6, 25)
CASE, CAR = "aid_household_20250625_full_01", "vehicle_20250625_full_01"
FINDING = MINE[0]
PHONE, OTHER_PHONE = "13900000001", "13900000004"
REGISTER_FEED = """
insert into ops.feed (feed, system, title_zh, owner, records, line_records) values (%s, %s, %s, %s, %s, %s)
on conflict (feed) do update set line_records = excluded.line_records
"""
DELIVER = """
insert into ops.delivery (
    delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256, layout_version, received_count,
    landed_count, rejected_count, repeated_count, status
)
values (%s, %s, %s, %s, 'full', 1, %s, %s, 1, 1, 1, 0, 0, 'accepted')
"""
LINK = """
insert into ops.person_link (feed, delivery_id, line_number, role, resident_id, method)
values (%s, %s, %s, %s, %s, %s)
"""


def land_lines(family: Family) -> None:
    """1's car behind a finding of the case JZ1, whose members are 1 and 4, who lives elsewhere; all landed."""
    everything = load_contracts()
    contracts = {feed: everything[feed] for feed in ("aid_household", "vehicle")}
    connection = family.connection
    for contract in contracts.values():
        ensure_table(connection, contract)
        add_key(connection, contract)
        connection.execute(
            REGISTER_FEED,
            [contract.feed, contract.system, contract.title, contract.owner, list(contract.records),
             list(contract.line_records)],
        )  # fmt: skip
    ensure_views(connection, contracts)
    register(connection, contracts)
    for delivery_id, feed in ((CASE, "aid_household"), (CAR, "vehicle")):
        connection.execute(DELIVER, [delivery_id, "any", feed, DAY, delivery_id, delivery_id])
    family.execute("update marts.resident set division_code = %s where resident_id = 4", [ELSEWHERE])
    members = [
        {"姓名": family.NAMES[who], "身份证号": family.numbers[who], "与申请人关系": relation, "是否保障对象": "是",
         "申报月收入": 0, "联系电话": phone}
        for who, relation, phone in ((1, "本人", PHONE), (4, "其他", OTHER_PHONE))
    ]  # fmt: skip
    family.execute(
        "insert into raw.aid_household (aid_household_no, aid_type_code, division_code, account_no, members,"
        " _delivery_id, _line_number, _row_hash, _is_repeat)"
        " values ('JZ1', 'DB', %s, '6222000011112222', %s, %s, 7, gen_random_uuid(), false)",
        [HERE, json.dumps(members, ensure_ascii=False), CASE],
    )
    family.execute(
        "insert into raw.vehicle (plate_no, vehicle_type, usage, assessed_wan_yuan, owner_name, owner_id_number,"
        " status, _delivery_id, _line_number, _row_hash, _is_repeat)"
        " values ('鄂B00001', 'K33', %s, '8.5', '王一', %s, '正常', %s, 3, gen_random_uuid(), false)",
        [SCRIPT, family.numbers[1], CAR],
    )
    family.add(
        "aid_household", aid_household_no="JZ1", aid_type_code="DB", division_code=HERE, is_active=True,
        delivery_id=CASE, line_number=7,
    )  # fmt: skip
    for who in (1, 4):
        family.execute(
            "insert into ops.resident_identity (resident_id, id_number, first_delivery_id, first_line_number,"
            " first_role) overriding system value values (%s, %s, %s, 7, %s)",
            [who, family.numbers[who], CASE, f"member{who}"],
        )
    for feed, delivery_id, line, role, who in (
        ("aid_household", CASE, 7, "member1", 1), ("aid_household", CASE, 7, "member2", 4),
        ("vehicle", CAR, 3, "owner", 1),
    ):  # fmt: skip
        family.execute(LINK, [feed, delivery_id, line, role, who, "id_number"])
    evidence = {"facts": {}, "sources": [{"feed": "vehicle", "delivery_id": CAR, "line_number": 3}]}
    family.execute("update rules.finding set evidence = %s where finding_id = %s", [Jsonb(evidence), FINDING])
    family.publish("lines")
