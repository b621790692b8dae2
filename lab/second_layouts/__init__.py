"""The same deliveries as other vendors would write them: other columns, codes, units, nesting, files, names; versions
by number, no manifests, two vendors for one kind of record.

What a bureau with these senders builds must be what the bureau of the simulator builds (tests/warehouse).
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.contract import CONTRACT_FOLDER, Contract, load_contracts
from ingestion.inbox import Delivery, discover
from ingestion.reading import read
from ingestion.reading.stream import records_of

OWN_CONTRACTS = Path(__file__).parent / "contracts"
Row = Mapping[str, str]
# Own code of a column, by what the simulator writes.
CODES: dict[str, dict[str, str]] = {
    "event_type": {"结婚登记": "11", "离婚登记": "21", "补领": "12", "撤销": "91"},
    "second_event_type": {"结婚登记": "JH", "离婚登记": "LH", "补领": "BL", "撤销": "CX"},
    "operation": {"新增": "I", "修改": "U", "作废": "D"},
    "second_operation": {"新增": "1", "修改": "2", "作废": "3"},
    "benefit_code": {"DB": "101", "TK": "201", "BY": "210", "GX": "220", "CJ": "301", "HL": "302", "GL": "401",
                     "YL": "402", "GE": "501", "SW": "502"},
    "payment_status": {"成功": "Z", "补发": "B", "退回": "T"},
    "sex_code": {"1": "M", "2": "F"},
    "household_type": {"城镇": "U", "农村": "R"},
    "change_type": {"": " ", "出生": "C", "迁入": "R", "迁出": "Q", "死亡": "W", "更正": "G"},
    "usage": {"非营运": "A"},
    "vehicle_status": {"正常": "1", "报废": "2"},
    "aid_type_code": {"DB": "D", "TK": "T", "BY": "B", "GX": "G"},
    "urban_rural": {"城市": "1", "农村": "2"},
    "aid_status": {"在保": "Y", "停保": "N"},
    "marital_status": {"未婚": "10", "已婚": "20", "丧偶": "30", "离异": "40"},
    "covered": {"是": "1", "否": "0"},
}  # fmt: skip


def retell(inbox: Path, out: Path) -> Path:
    """Write an inbox of the simulator anew below ``out``: ``inbox`` and ``contracts``. Returns ``out``.

    A line that cannot be read there is one that cannot be read here; feeds of which there is no second layout
    stay as they are.
    """
    own = load_contracts_of_second_bureau(out / "contracts")
    contracts = load_contracts(CONTRACT_FOLDER)
    for delivery in discover(inbox, contracts).deliveries:
        if delivery.feed in TELLERS:
            day = f"{delivery.business_date:%Y%m%d}"
            rows = list(_rows(contracts[delivery.feed], delivery))
            for feed, name, content in TELLERS[delivery.feed](rows, day, delivery):
                place = out / "inbox" / own[feed].location
                place.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes(content)
        else:
            shutil.copytree(
                delivery.path.parent,
                out / "inbox" / delivery.path.parent.relative_to(inbox),
                dirs_exist_ok=True,
            )
    reference = inbox / "reference"
    if reference.exists():
        shutil.copytree(reference, out / "inbox" / "reference", dirs_exist_ok=True)
    return out


def load_contracts_of_second_bureau(folder: Path) -> dict[str, Contract]:
    """The contracts of the second vendors and, for all other feeds, the example bureau's, copied into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (*CONTRACT_FOLDER.glob("*.yml"), *OWN_CONTRACTS.glob("*.yml")):
        if path.parent == OWN_CONTRACTS or path.stem.split("__")[1] not in TELLERS:
            shutil.copy(path, folder / path.name)
    return load_contracts(folder)


def _rows(contract: Contract, delivery: Delivery) -> Iterator[dict[str, str]]:
    with delivery.path.open("rb") as file:
        stream = read(contract, delivery, file)
        for batch in stream.batches():
            for record in records_of(batch):
                assert record.fault is None, "a delivery of the simulator without faults"
                yield dict(zip(stream.columns, (field or "" for field in record.fields), strict=True))


def _number(delivery: Delivery) -> str:
    return f"{delivery.sequence_no:02d}"


def _fen(yuan: Any) -> str:
    return "" if yuan in (None, "") else str(int(Decimal(str(yuan)) * 100))


def _dotted(day: str) -> str:
    """2008-03-05 and 2008/3/5 as 2008.3.5."""
    parts = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", day)
    return ".".join(str(int(part)) for part in parts.groups()) if parts else day


def _compact(day: str) -> str:
    parts = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", day)
    return f"{parts[1]}{int(parts[2]):02d}{int(parts[3]):02d}" if parts else day


def _lines(rows: list[list[str]], delimiter: str, trailing: bool = False) -> bytes:
    end = delimiter if trailing else ""
    return "".join(f"{delimiter.join(row)}{end}\r\n" for row in rows).encode("gb18030")


Told = Iterator[tuple[str, str, bytes]]


def marriages(rows: list[dict[str, str]], day: str, delivery: Delivery) -> Told:
    """Two vendors, by the last digit of the marriage's certificate: a divorce stays with its marriage."""
    halves: list[list[dict[str, str]]] = [[], []]
    for row in rows:
        halves[sum(map(ord, row["original_certificate_no"] or row["certificate_no"])) % 2].append(row)
    name = f"{'QL' if delivery.mode == 'full' else 'ZL'}_{day}_{_number(delivery)}"
    first = [
        [
            row["event_no"], CODES["event_type"][row["event_type"]], _dotted(row["registered_on"]), row["office_code"],
            row["certificate_no"], row["original_certificate_no"],
            row["husband_name"], row["husband_id_number"], _dotted(row["husband_born_on"]),
            row["wife_name"], row["wife_id_number"], _dotted(row["wife_born_on"]),
            CODES["operation"][row["operation"]], re.sub(r"\D", "", row["updated_at"]),
        ]
        for row in halves[0]
    ]  # fmt: skip
    yield "first_marriage", f"HY{name}.txt", _lines(first, "|", trailing=True)
    second = [
        {
            "ywbh": row["event_no"], "lx": CODES["second_event_type"][row["event_type"]],
            "djrq": _compact(row["registered_on"]), "jg": row["office_code"],
            "zs": {"zh": row["certificate_no"], "yzh": row["original_certificate_no"]},
            "nan": {"xm": row["husband_name"], "zj": row["husband_id_number"], "cs": _compact(row["husband_born_on"])},
            "nv": {"xm": row["wife_name"], "zj": row["wife_id_number"], "cs": _compact(row["wife_born_on"])},
            "cz": CODES["second_operation"][row["operation"]], "bb": int(re.sub(r"\D", "", row["updated_at"])),
        }
        for row in halves[1]
    ]  # fmt: skip
    yield "second_marriage", f"hy{name}.json", json.dumps(second, ensure_ascii=False).encode()


def payments(rows: list[dict[str, str]], day: str, delivery: Delivery) -> Told:
    """Fen, own codes, months with a point, tabs."""
    header = [
        "凭证号",
        "项目",
        "档案号",
        "户名",
        "证件",
        "金额分",
        "卡号",
        "入账日",
        "归属期",
        "性质",
        "区划",
    ]
    lines = [
        [
            row["payment_no"], CODES["benefit_code"][row["benefit_code"]], row["case_no"], row["payee_name"],
            row["payee_id_number"], _fen(row["amount_yuan"]), row["account_no"], row["paid_on"],
            f"{row['benefit_month'][:4]}.{row['benefit_month'][4:]}", CODES["payment_status"][row["payment_status"]],
            row["division_code"],
        ]
        for row in rows
    ]  # fmt: skip
    mode = "Q" if delivery.mode == "full" else "Z"
    yield "funds_paid", f"ZJ{mode}{day}_{_number(delivery)}.txt", _lines([header, *lines], "\t")


def vehicles(rows: list[dict[str, str]], day: str, delivery: Delivery) -> Told:
    """No header, yuan."""
    lines = [
        [
            row["plate_no"], row["vehicle_type"], CODES["usage"][row["usage"]], row["registered_on"],
            str(Decimal(row["assessed_wan_yuan"]) * 10_000) if row["assessed_wan_yuan"] else "", row["owner_name"],
            row["owner_id_number"], CODES["vehicle_status"][row["status"]],
        ]
        for row in rows
    ]  # fmt: skip
    mode = "Q" if delivery.mode == "full" else "Z"
    yield "traffic_vehicle", f"CL{mode}{day}_{_number(delivery)}.txt", _lines(lines, "|")


def register(rows: list[dict[str, str]], day: str, delivery: Delivery) -> Told:
    """Fixed width in bytes of GB18030, where a rare character takes four."""
    widths = (20, 20, 40, 1, 2, 8, 2, 120, 12, 1, 1, 8)
    lines = []
    for row in rows:
        fields = [
            row["id_number"], row["household_no"], row["name"], CODES["sex_code"][row["sex_code"]],
            row["ethnicity_code"], row["born_on"], row["relation_code"], row["address"], row["division_code"],
            CODES["household_type"][row["household_type"]], CODES["change_type"][row["change_type"]],
            row["changed_on"],
        ]  # fmt: skip
        encoded = [field.encode("gb18030").ljust(width) for field, width in zip(fields, widths, strict=True)]
        assert [len(field) for field in encoded] == [*widths]
        lines.append(b"".join(encoded) + b"\r\n")
    mode = "Q" if delivery.mode == "full" else "B"
    yield "register_export", f"HJ{mode}{day}_{_number(delivery)}.DAT", b"".join(lines)


def dossiers(rows: list[dict[str, str]], day: str, delivery: Delivery) -> Told:
    """Nested otherwise, in fen."""
    told = [
        {
            "dah": row["aid_household_no"],
            "rd": {
                "lb": CODES["aid_type_code"][row["aid_type_code"]], "cx": CODES["urban_rural"][row["urban_rural"]],
                "sq": row["applied_on"], "pz": row["approved_on"], "tb": row["stopped_on"],
                "zt": CODES["aid_status"][row["status"]], "qh": row["division_code"],
                "hy": CODES["marital_status"][row["applicant_marital_status"]],
            },
            "sr": _fen(row["monthly_income"]), "bz": _fen(row["monthly_amount_yuan"]), "zh": row["account_no"],
            "sqs": {"bh": row["authorization_no"], "q": row["authorized_from"], "z": row["authorized_to"]},
            "cy": [
                {
                    "xm": member.get("姓名"), "sfz": member.get("身份证号"), "gx": member.get("与申请人关系"),
                    "bz": CODES["covered"][member["是否保障对象"]], "sr": _fen(member.get("申报月收入")),
                    "dh": member.get("联系电话"),
                }
                for member in json.loads(row["members"])
            ],
            "cz": CODES["operation"][row["operation"]], "gx": row["updated_at"],
        }
        for row in rows
    ]  # fmt: skip
    mode = "quan" if delivery.mode == "full" else "bian"
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)
    yield "dossier", f"da_{mode}_{day}_{_number(delivery)}.ndjson", text.encode()


TELLERS: dict[str, Callable[[list[dict[str, str]], str, Delivery], Told]] = {
    "marriage_event": marriages,
    "payment": payments,
    "vehicle": vehicles,
    "population": register,
    "aid_household": dossiers,
}
