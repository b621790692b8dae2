"""Make the dump a release leaves behind, with that release's own program (README.md beside this file).

    python tests/upgrade/make_dump.py MINZHENG INBOX REVISION

MINZHENG: the command of the release. INBOX: deliveries of an invented town. REVISION: its newest migration,
which names the files. Of the program only its command line and ``api_v1`` are used, so that the next release
can be asked in the same way.
"""

import csv
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

HERE = Path(__file__).parent
CLIENT = "case_system"  # whoever migrates may ask in its name, by whatever login
OFFICER = "核对员甲"

# Households of two and more, all known, whose consent lies with the household.
HOUSEHOLDS = """
select
    household.authorization_no,
    household.aid_type_code,
    jsonb_agg(
        jsonb_build_object('name', resident.name, 'id_number', resident.id_number, 'relation', member.relation)
        order by member.member_no
    ) as members
from pub.current_aid_household as household
inner join pub.current_aid_household_member as member using (aid_household_no)
left join pub.current_resident as resident on member.resident_id = resident.resident_id
where household.is_active and household.authorized_to > current_date and member.valid_to is null
group by household.aid_household_no, household.authorization_no, household.aid_type_code
having count(*) between 2 and 4 and bool_and(resident.id_number is not null)
order by household.aid_household_no
limit 4
"""

# Decided against what linkage took them for: a mention nobody was found for, and one of somebody.
MENTIONS = """
(
    select
        delivery_id || ':' || line_number || ':' || role,
        (select min(resident_id) from ops.resident_identity where id_number is not null), 'same', '核对原件'
    from ops.person_link where method = 'unresolved' order by delivery_id, line_number, role limit 1
)
union all
(
    select delivery_id || ':' || line_number || ':' || role, resident_id, 'different', ''
    from ops.person_link where feed = 'payment' and method = 'id_number'
    order by delivery_id, line_number, role limit 1
)
"""
DECISIONS = [("confirmed", "STOPPED"), ("cleared", "CORRECTED"), ("dismissed", "LAWFUL")]

# Where only a door may name a client, this login is one.
DOOR = """
do $$ begin
    if to_regclass('ops.client_door') is not null then
        insert into ops.client_door values (session_user) on conflict do nothing;
    end if;
end $$
"""


def main(minzheng: str, inbox: str, revision: str) -> None:
    with tempfile.TemporaryDirectory(prefix="minzheng-dump-") as home:
        Path(home).chmod(0o755)
        os.environ["MINZHENG_HOME"] = home
        anchors = HERE / f"{revision}.anchors.jsonl"
        anchors.unlink(missing_ok=True)

        def call(*arguments: str, given: str = "") -> str:
            return subprocess.run(
                [minzheng, *arguments], input=given, text=True, check=True, stdout=subprocess.PIPE
            ).stdout

        call("run", "--inbox", inbox)
        call("server", "start")
        try:
            url = call("status", "--database-url").strip().splitlines()[-1]
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("select set_config('minzheng.client', %s, false)", [CLIENT])
                connection.execute(DOOR)
                work(connection, call)
                call("audit", "anchor", "--anchors", str(anchors))
                call("build")
                work_again(connection)
            call("audit", "anchor", "--anchors", str(anchors))
            dump(url, HERE / f"{revision}.dump.xz")
        finally:
            call("server", "stop")


def work(connection: psycopg.Connection, call: Any) -> None:
    """Reports, refusals, consent entered and withdrawn, decisions on findings and on identity."""
    households = connection.execute(HOUSEHOLDS).fetchall()
    for number, (authorization_no, aid_type, members) in enumerate(households):
        ask(connection, f"R{number}", authorization_no, aid_type, members)
    ask(connection, "R-refused", "SQ-none", households[0][1], households[0][2])
    for authorization_no, sources in (("SQ-hand-1", ()), ("SQ-hand-2", ("--source", "vehicle"))):
        _, aid_type, members = households[0]
        call(
            "authorization", "add", authorization_no, "--from", "2020-01-01", "--to", "2099-12-31", "--by", OFFICER,
            "--people", "-", *sources, given="\n".join(member["id_number"] for member in members),
        )  # fmt: skip
        ask(connection, f"R-{authorization_no}", authorization_no, aid_type, members)
    call("authorization", "revoke", "SQ-hand-2", "--by", OFFICER, "--reason", "本人书面撤回")

    findings = connection.execute(
        "select finding_id from pub.current_finding where outcome = 'hit' order by finding_id limit 3"
    ).fetchall()
    for (finding_id,), (decision, reason) in zip(findings, DECISIONS, strict=True):
        call("finding", "decide", finding_id, "--by", OFFICER, "--as", decision, "--reason", reason)
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as sheet:
        mentions = connection.execute(MENTIONS.encode()).fetchall()
        csv.writer(sheet).writerows([("mention", "resident_id", "decision", "note"), *mentions])
        sheet.flush()
        call("review", "decide", sheet.name, "--by", OFFICER)


def work_again(connection: psycopg.Connection) -> None:
    """On the next generation: a report, a report handed out again, and a batch half done."""
    (authorization_no, aid_type, members), *others = connection.execute(HOUSEHOLDS).fetchall()
    given = ask(connection, "R9", authorization_no, aid_type, members)
    connection.execute("select api_v1.get_report(%s, 'review', %s)", [given["report_no"], OFFICER])
    requests = [request(f"B{number}", *household) for number, household in enumerate(others)]
    row = connection.execute("select api_v1.submit_batch(%s) ->> 'batch_id'", [Jsonb(requests)]).fetchone()
    connection.execute("select api_v1.advance_batch(%s::uuid)", row)


def request(request_id: str, authorization_no: str, aid_type: str, members: list[Any]) -> dict[str, Any]:
    return {
        "request_id": request_id, "authorization_no": authorization_no, "purpose": "review", "operator": OFFICER,
        "aid_type": aid_type, "members": members,
    }  # fmt: skip


def ask(connection: psycopg.Connection, *asked: Any) -> dict[str, Any]:
    row = connection.execute("select api_v1.verify(%s)", [Jsonb(request(*asked))]).fetchone()
    assert row
    return row[0]


def dump(url: str, file: Path) -> None:
    """As the oldest PostgreSQL allowed writes it: newer ones read it. Packed as a whole, it is a quarter the size."""
    plain = ["pg_dump", "--format=custom", "--compress=0", f"--dbname={url}"]
    written = subprocess.run(plain, check=True, stdout=subprocess.PIPE).stdout
    file.write_bytes(lzma.compress(written, preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(*sys.argv[1:])
