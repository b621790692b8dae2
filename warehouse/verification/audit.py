"""The verification log: is it whole, who read whom, and can an answer be made again?

Inside the database every row carries SHA-256 over the row before and its own content. There are
several such chains, the lanes, so that answers given at once need not queue for the disk. An anchor
is a line in a file outside: SM3 (GB/T 32905) over the anchor before and all rows of a lane since.
Whoever rewrites the log, hashes and all, does not match the anchors.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.hashes import SM3, Hash
from psycopg.rows import class_row, dict_row

from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError, given_path
from warehouse.database.settings import settings

# As many as the migration made: a lane that is gone, head and all, is missed.
LANES = range(16)

# What a row's hash is taken over, as audit.row_text says it: whoever owns the database may replace
# the function, and the check would be shown the texts of before.
ROW_TEXT = """
jsonb_build_array(
    log_id, extract(epoch from logged_at), operation, outcome, problem_code, caller, operator, purpose,
    authorization_no, request_id, report_no, generation, asked_on - date '2000-01-01', open_feeds,
    resident_ids, request, answer
)::text
|| case when lane = 0 and client is null then '' else jsonb_build_array(lane, client)::text end
"""

# In the answer itself, not made of the data: the same by nature.
ENVELOPE = (
    "status",
    "operation",
    "report_no",
    "request_id",
    "generation",
    "asked_on",
    "valid_until",
    "asked",
)

# What is logged of whoever was told of somebody.
OPERATIONS_ZH = {
    "verify": "经济状况核对", "marriage_status": "婚姻状况", "eldercare_stay": "养老入住", "get_report": "取回报告",
    "resident_status": "居民状况", "household_check": "家庭核对", "household_sheets": "家庭经济状况",
    "benefit_overlap": "待遇重复", "findings": "疑点列表", "finding_decisions": "疑点处理记录",
    "sample_findings": "疑点抽样", "worklist": "核查清单",
    "desk_findings": "工作台疑点", "desk_household": "工作台家庭", "desk_household_named": "工作台家庭（姓名号码）",
    "desk_report": "工作台核对报告", "desk_reports": "工作台报告列表", "desk_objection": "工作台复核",
    "desk_finding_lines": "疑点来源行", "desk_finding_lines_named": "疑点来源行（姓名号码电话）",
    "attach_to_finding": "存入疑点附件", "finding_attachment": "取疑点附件", "withdraw_attachment": "撤回疑点附件",
    "write_letter": "拟发核实通知", "finding_letter": "打印核实通知", "held_of_person": "本人查阅",
    "record_person_request": "登记本人请求", "desk_person_request": "本人请求",
    "review": "人员识别列表", "explain_mention": "提及说明", "mention_named": "提及说明（姓名号码）",
    "reproduce": "报告重现", "resident_of": "审计查阅某人",
}  # fmt: skip
READINGS_ZH = {"answered": "出具答复", "repeated": "再次给出", "read": "查阅"}
SAMPLE = "select * from api_v1.sample_findings(%s, %s, %s, %s)"
LATEST = """
select
    logged_at, operation, outcome, problem_code, operator, caller, purpose, report_no,
    coalesce(cardinality(resident_ids), 0) as people
from audit.verification_log
where
    (%(operator)s::text is null or %(operator)s in (operator, caller))
    and (%(operation)s::text is null or operation = %(operation)s)
    and (%(purpose)s::text is null or purpose = %(purpose)s)
    and (%(since)s::date is null or logged_at >= %(since)s::date::timestamp at time zone 'Asia/Shanghai')
order by logged_at desc, lane, log_id desc
limit %(most)s + 1 offset %(passed_over)s
"""
READINGS = (Path(__file__).parent / "readings.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Entry:
    """A row of a lane, counted from 1. text: what its hash is taken over."""

    log_id: int
    text: str
    previous_hash: bytes
    row_hash: bytes


@dataclass(frozen=True)
class Anchor:
    """How far a lane reached. sm3: over the anchor before and the texts of all rows since, in hex."""

    anchored_at: str
    log_id: int
    row_hash: str
    sm3: str
    lane: int = 0  # lines written when there was one


@dataclass(frozen=True)
class Fault:
    """Where the log does not hold. log_id: the first row of the lane that is wrong or missing."""

    log_id: int
    what: str
    lane: int = 0


@dataclass(frozen=True)
class Logged:
    """A row of the log, without what was answered. people: of how many it tells."""

    logged_at: datetime
    operation: str
    outcome: str
    problem_code: str | None
    operator: str | None
    caller: str
    purpose: str | None
    report_no: str | None
    people: int


@dataclass(frozen=True)
class Reading:
    """Somebody was told of a person, or a report on that person was handed out again."""

    logged_at: datetime
    operation: str
    outcome: str
    operator: str
    caller: str
    client: str | None
    purpose: str
    authorization_no: str | None  # an officer reads on the strength of the office
    report_no: str | None


@dataclass(frozen=True)
class Difference:
    """A value of an answer, by its path, as it was given and as it comes out now."""

    path: str
    given: Any
    now: Any


@dataclass(frozen=True)
class Reproduction:
    """An answer made again at its own generation (again) and at the one served today (today)."""

    report_no: str
    generation: int
    current_generation: int
    again: tuple[Difference, ...]
    today: tuple[Difference, ...]


def sample(
    connection: psycopg.Connection, purpose: str, state: str, word: str, most: int
) -> list[dict[str, Any]]:
    """Findings in a state, of the login's divisions, people masked; logged. The same word draws the same ones, at
    most 100. Rows as ``verification.finding`` has them. Raises psycopg's InvalidParameterValue for another word."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(SAMPLE, [purpose, state, word, most]).fetchall()


def names_by_login(connection: psycopg.Connection) -> dict[str, str]:
    """What people are called who have an account of the desk."""
    return dict(connection.execute("select login, display_name from desk.account").fetchall())


def beginning(lane: int) -> bytes:
    """What the first row of a lane follows, hashed; its first anchor as it is."""
    return f"minzheng {lane}".encode() if lane else b"minzheng"


def entries(connection: psycopg.Connection, lane: int, after: int = 0) -> Iterator[Entry]:
    """The rows of a lane from a number on, in order, a block at a time."""
    with connection.cursor("audit_entries") as cursor:
        cursor.itersize = 1000
        cursor.execute(
            f"select log_id, {ROW_TEXT}, previous_hash, row_hash"
            " from audit.verification_log where lane = %s and log_id > %s order by log_id".encode(),
            [lane, after],
        )
        for log_id, text, previous_hash, row_hash in cursor:
            yield Entry(log_id, text, bytes(previous_hash), bytes(row_hash))


def check_log(connection: psycopg.Connection, anchors: Iterable[Anchor] = ()) -> tuple[int, list[Fault]]:
    """Every row against its hash, the row before, the heads and the anchors: (rows, faults).

    Finds rows changed, removed, exchanged, moved to another lane and cut off at the end, lanes
    removed and heads moved. After a fault the check goes on from the row as it stands, so that one fault is told
    once. Answers may be given meanwhile.
    """
    known = list(anchors)
    checks = [_check_lane(connection, lane, [a for a in known if a.lane == lane]) for lane in LANES]
    astray = connection.execute(
        "select distinct lane from audit.verification_log where (lane = any(%s)) is not true order by lane",
        [list(LANES)],
    ).fetchall()
    faults = [fault for _, found in checks for fault in found]
    faults += [Fault(1, "no such lane", lane) for (lane,) in astray]
    return sum(count for count, _ in checks), faults


def _check_lane(connection: psycopg.Connection, lane: int, pending: list[Anchor]) -> tuple[int, list[Fault]]:
    # Before the rows: what is written meanwhile stands after the head, and is not missing.
    head = _head(connection, lane)
    reached = (0, sha256(beginning(lane)).digest())
    faults: list[Fault] = []
    count, last, seal = 0, Entry(0, "", b"", reached[1]), _Seal(beginning(lane))
    for entry in entries(connection, lane):
        count += 1
        if entry.log_id != last.log_id + 1:
            faults.append(
                Fault(last.log_id + 1, f"missing: rows {last.log_id + 1} to {entry.log_id - 1}", lane)
            )
        elif entry.previous_hash != last.row_hash:
            faults.append(Fault(entry.log_id, "does not follow the row before", lane))
        if sha256(entry.previous_hash + entry.text.encode()).digest() != entry.row_hash:
            faults.append(Fault(entry.log_id, "content changed", lane))
        seal.add(entry)
        last = entry
        if head is not None and entry.log_id <= head[0]:
            reached = (entry.log_id, entry.row_hash)
        while pending and pending[0].log_id <= entry.log_id:
            anchor = pending.pop(0)
            if (anchor.log_id, anchor.row_hash, anchor.sm3) != (
                entry.log_id,
                entry.row_hash.hex(),
                seal.close(),
            ):
                faults.append(Fault(anchor.log_id, f"differs from the anchor of {anchor.anchored_at}", lane))
            seal = _Seal(bytes.fromhex(anchor.sm3))
    faults.extend(
        Fault(anchor.log_id, f"cut off before the anchor of {anchor.anchored_at}", lane) for anchor in pending
    )
    # And after them: a head that rows were written behind has moved on with them.
    head_now = _head(connection, lane)
    if head is None or head_now is None or head != reached:
        faults.append(Fault(reached[0] + 1, "cut off at the end, or the head was changed or removed", lane))
    elif head_now[0] < last.log_id:
        faults.append(Fault(head_now[0] + 1, "the head was set back: no answer can follow", lane))
    return count, faults


def _head(connection: psycopg.Connection, lane: int) -> tuple[int, bytes] | None:
    row = connection.execute(
        "select log_id, row_hash from audit.chain_head where lane = %s", [lane]
    ).fetchone()
    return (row[0], bytes(row[1])) if row else None


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors of a file, oldest first; none where there is no file yet."""
    if not file.exists():
        return []
    with given_path(file):
        lines = file.read_text(encoding="utf-8").splitlines()
    anchors = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            anchors.append(Anchor(**json.loads(line)))
        except (TypeError, ValueError):
            raise UsageError(
                f"{file} 第 {number} 行不是锚点，什么也未做。 "
                f"Line {number} of {file} is no anchor (one JSON object per line). Nothing was done. Compare with "
                "a copy of the file; a last line that was cut short by a crash may be removed."
            ) from None
    return anchors


def anchor_log(warehouse: Warehouse, file: Path | None = None) -> list[Anchor]:
    """The daily anchors, as an auditor, into the file of the settings where none is named."""
    with warehouse.exclusive("anchor"), warehouse.connect("auditor") as connection:
        return write_anchors(connection, file or settings().anchors_file)


def write_anchors(connection: psycopg.Connection, file: Path) -> list[Anchor]:
    """Append an anchor for each lane with rows since its last one; returns those appended.

    Raises MinzhengError where a lane no longer reaches its last anchor, a new row is not what its
    hash says or the file cannot be written: then nothing is anchored.
    """
    latest = {anchor.lane: anchor for anchor in read_anchors(file)}
    made = [anchor for lane in LANES if (anchor := _next_anchor(connection, lane, latest.get(lane)))]
    if made:
        _append(file, "".join(json.dumps(asdict(anchor)) + "\n" for anchor in made).encode())
    elif file.exists():
        os.utime(file)  # looked at: nothing new
    return made


def _append(file: Path, lines: bytes) -> None:
    """On the disk, all of it or nothing."""
    with given_path(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = file.open("a+b", buffering=0)
    with opened as out:
        before = out.seek(0, os.SEEK_END)
        if before and os.pread(out.fileno(), 1, before - 1) != b"\n":
            lines = b"\n" + lines
        try:
            if out.write(lines) < len(lines):
                raise OSError(errno.ENOSPC, "not all was written")
            os.fsync(out.fileno())
        except OSError as error:
            out.truncate(before)
            raise MinzhengError(
                "锚点文件写不了，未锚定。 "
                f"{file} cannot be written ({error.strerror}). Nothing was anchored: make room and run "
                "`minzheng audit anchor` again."
            ) from None


def _next_anchor(connection: psycopg.Connection, lane: int, before: Anchor | None) -> Anchor | None:
    if before is None:
        before = Anchor("", 0, sha256(beginning(lane)).hexdigest(), beginning(lane).hex(), lane)
    last, seal = None, _Seal(bytes.fromhex(before.sm3))
    previous_hash = bytes.fromhex(before.row_hash)
    held = connection.execute(
        "select row_hash from audit.verification_log where lane = %s and log_id = %s", [lane, before.log_id]
    ).fetchone()
    if before.log_id and held != (previous_hash,):
        raise MinzhengError(
            f"审计日志第 {lane} 链不再到达上次锚定的第 {before.log_id} 行，未锚定。 "
            f"Lane {lane} of the log no longer reaches its last anchor, row {before.log_id}. Nothing was "
            "anchored; run `minzheng audit verify`."
        )
    for entry in entries(connection, lane, before.log_id):
        if (
            entry.previous_hash != previous_hash
            or entry.row_hash != sha256(previous_hash + entry.text.encode()).digest()
        ):
            raise MinzhengError(
                f"审计日志第 {lane} 链第 {entry.log_id} 行不成立，未锚定。 "
                f"Row {entry.log_id} of lane {lane} of the log does not hold. Nothing was anchored; "
                "run `minzheng audit verify`."
            )
        seal.add(entry)
        last, previous_hash = entry, entry.row_hash
    if last is None:
        return None
    return Anchor(
        datetime.now(UTC).isoformat(timespec="seconds"), last.log_id, last.row_hash.hex(), seal.close(), lane
    )


class _Seal:
    """SM3 over what stands before and the texts of rows, each with its length."""

    def __init__(self, before: bytes) -> None:
        self.hash = Hash(SM3())
        self.hash.update(before)

    def add(self, entry: Entry) -> None:
        text = entry.text.encode()
        self.hash.update(len(text).to_bytes(8, "big") + text)

    def close(self) -> str:
        return self.hash.finalize().hex()


def latest(
    connection: psycopg.Connection,
    operator: str | None = None,
    operation: str | None = None,
    purpose: str | None = None,
    since: date | None = None,
    most: int = 100,
    passed_over: int = 0,
) -> list[Logged]:
    """What stands in the log, the newest first; nothing of a kind given is left out by it. since: a day of Beijing.

    One row beyond ``most`` where there are more.
    """
    with connection.cursor(row_factory=class_row(Logged)) as cursor:
        return cursor.execute(LATEST, {
            "operator": operator, "operation": operation, "purpose": purpose, "since": since, "most": most,
            "passed_over": passed_over,
        }).fetchall()  # fmt: skip


def self_entered(connection: psycopg.Connection, days: int) -> list[dict[str, Any]]:
    """By ``login``, how many reports (``reports``) asked by hand in the last days rest on a consent that nobody but the
    asker entered; ``name``, ``last_at``."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from api_v1.self_entered_reports(%s)", [days]).fetchall()


def readings(connection: psycopg.Connection, resident_id: int) -> list[Reading]:
    """Who was told of a resident, why and on whose word; oldest first.

    Under whatever id: of residents who were merged, what was told of the one was told of the other.
    """
    rows = connection.execute(READINGS, {"resident_id": resident_id}).fetchall()
    return [Reading(*row) for row in rows]


def resident_of(connection: psycopg.Connection, id_number: str) -> int:
    """The resident of an identity number; that it was asked stands in the log. Raises UsageError where nobody has
    it; never repeats it."""
    row = connection.execute(
        "select resident_id from api_v1.resident_of(%s) as known (resident_id) where resident_id is not null",
        [id_number],
    ).fetchone()
    if row is None:
        connection.commit()  # that it was asked stands
        raise UsageError("没有此号码的居民。 Nobody with this number is known.")
    return int(row[0])


def reproduce(connection: psycopg.Connection, report_no: str) -> Reproduction:
    """Make an answer again at its own generation, and at the one served now. Raises UsageError."""
    row = connection.execute(
        "select answer, generation, current_generation, again, today from api_v1.reproduce(%s)", [report_no]
    ).fetchone()
    if row is None:
        raise UsageError(f"没有编号为 {report_no} 的答复。 No answer was given under {report_no}.")
    answer, generation, current, again, today = row
    given = {key: value for key, value in answer.items() if key not in ENVELOPE}
    return Reproduction(
        report_no, generation, current, tuple(differences(given, again)), tuple(differences(given, today))
    )


def differences(given: Any, now: Any, path: str = "") -> Iterator[Difference]:
    """What differs between two JSON values, line by line; list items are named by their place."""
    if isinstance(given, dict) and isinstance(now, dict):
        for key in sorted(set(given) | set(now)):
            yield from differences(given.get(key), now.get(key), f"{path}.{key}" if path else key)
    elif isinstance(given, list) and isinstance(now, list):
        for place in range(max(len(given), len(now))):
            yield from differences(
                given[place] if place < len(given) else None,
                now[place] if place < len(now) else None,
                f"{path}[{place + 1}]",
            )
    elif given != now:
        yield Difference(path, given, now)
