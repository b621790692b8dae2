"""An example of every request, answer and refusal. The people are invented, as everywhere in the project."""

from typing import Any

from serving.faults import detail, in_body, in_parameter, in_words

REQUEST: dict[str, Any] = {
    "request_id": "SP-2025-000017",
    "authorization_no": "SQ-2025-0042",
    "purpose": "application",
    "operator": "核对员甲",
    "aid_type": "DB",
    "members": [
        {"name": "王一", "id_number": "420203198001010011", "relation": "本人"},
        {"name": "王二", "id_number": "42020319800101002X", "relation": "配偶"},
    ],
}

_SOURCES = {
    "marriage_event": ("婚姻登记", "hit", "命中", [1, 2]),
    "social_insurance": ("社会保险", "hit", "命中", [1]),
    "stay": ("养老机构入住", "not_hit", "未命中", []),
    "vehicle": ("机动车", "hit", "命中", [1]),
}
_LINE = {"feed": "social_insurance", "delivery_id": "social_insurance_20250630_01", "line_number": 118}


def _envelope(operation: str, *feeds: str) -> dict[str, Any]:
    return {
        "status": "answered",
        "operation": operation,
        "report_no": "HD20250701-3F2A9C41-8B7D0E55F2A1",
        "request_id": REQUEST["request_id"],
        "generation": 214,
        "asked_on": "2025-07-01",
        "valid_until": "2025-08-30",
        "asked": {
            "authorization_no": REQUEST["authorization_no"], "purpose": REQUEST["purpose"],
            "aid_type": REQUEST["aid_type"], "operator": REQUEST["operator"],
            "names": [member["name"] for member in REQUEST["members"]],
        },
        "business_date": "2025-06-30",
        "is_outdated": False,
        "sources": [
            {
                "feed": feed, "title_zh": title, "status": status, "status_zh": status_zh, "as_of": "2025-06-30",
                "is_stale": False, "members_hit": members,
            }
            for feed, (title, status, status_zh, members) in _SOURCES.items()
            if feed in feeds
        ],
    }  # fmt: skip


def _known(member_no: int, **further: Any) -> dict[str, Any]:
    stated = REQUEST["members"][member_no - 1]
    number = stated["id_number"]
    return {
        "member_no": member_no,
        "relation": stated["relation"],
        "identity": "found",
        "identity_zh": "已确认",
        "identity_reason": None,
        "masked_id_number": f"{number[:6]}********{number[-4:]}",
    } | further


def _married(spouse: int) -> dict[str, Any]:
    return {
        "status": "married", "registered_on": "2010-01-01", "has_undeclared_spouse": False,
        "spouse_member_no": spouse,
    }  # fmt: skip


def _verified(member_no: int, incomes: list[Any], properties: list[Any]) -> dict[str, Any]:
    return _known(
        member_no,
        resident_id=4100 + member_no,
        division_code="420203",
        is_registered=True,
        is_alive=True,
        died_on=None,
        marriage=_married(3 - member_no),
        benefits=[],
        stay=None,
        disability=None,
        income_items=incomes,
        property_items=properties,
    )


VERIFICATION = _envelope("verify", *_SOURCES) | {
    "members": [
        _verified(
            1,
            [
                {
                    "income_kind": "wage", "insurance_type": "职工养老", "income_month": "2025-06-01",
                    "amount_yuan": 1000, "counted_yuan": 1000, "is_public_payroll": False, "source": _LINE,
                }
            ],
            [
                {
                    "property_kind": "vehicle", "item_no": "鄂B00001", "detail": "小型普通客车",
                    "value_yuan": 60000, "share": 1, "acquired_on": "2019-04-02",
                    "source": {
                        "feed": "vehicle", "delivery_id": "vehicle_20250630_01", "line_number": 21
                    },
                }
            ],
        ),
        _verified(2, [], []),
    ],
    "household": {
        "member_count": 2, "found_count": 2, "living_count": 2, "incomplete_because": [],
        "income_from": "2025-06-01", "income_to": "2025-06-01", "month_count": 1, "income_yuan": 1000,
        "income_per_capita_yuan": 500,
        "standard": {
            "division_code": "420203", "standard_code": "DB_URBAN", "amount_yuan": 800, "valid_from": "2024-01-01",
        },
        "standard_multiple": 0.625, "income_against_standard": "not_above", "vehicle_count": 1,
        "vehicle_value_yuan": 60000, "dwelling_count": 0, "company_count": 0,
    },
    "flags": [
        {
            "rule_code": "D02", "title_zh": "车辆价值超过限额", "basis": "request", "outcome": "hit",
            "severity": "yellow", "finding_id": None, "member_no": 1, "aid_household_no": None, "first_on": None,
            "last_on": None, "amount_yuan": None, "evidence": {"facts": {"vehicle_value_yuan": 60000}},
            "legal_basis": "社会救助暂行办法", "clears_it_zh": "车辆已转让或报废的证明",
        }
    ],
}  # fmt: skip

MARRIAGE_STATUS = _envelope("marriage_status", "marriage_event") | {
    "members": [_known(1, marriage=_married(2)), _known(2, marriage=_married(1))]
}

ELDERCARE_STAY = _envelope("eldercare_stay", "stay") | {
    "members": [_known(1, stay=None), _known(2, stay=None)]
}

BATCH_REQUEST = {
    "requests": [REQUEST | {"request_id": f"FH-2025-00000{number}"} for number in (1, 2)],
    "callback_url": "https://approval.example.cn/batches",
}

BATCH_ACCEPTED: dict[str, Any] = {
    "status": "running", "batch_id": "6a1f0a52-7f0e-4d38-9a54-0d8f0c1b2e11", "total": 2, "answered": 0,
    "refused": 0, "items": [], "next_after": 0,
    "callback": {"status": "waiting", "attempts": 0, "last_error": None, "next_attempt_at": None},
}  # fmt: skip

BATCH = BATCH_ACCEPTED | {
    "status": "done",
    "answered": 1,
    "refused": 1,
    "items": [
        {
            "item_no": 1, "request_id": "FH-2025-000001", "report_no": "HD20250701-9C41B07A-55F2A18B7D0E",
            "problem_code": None, "errors": None,
        },
        {
            "item_no": 2, "request_id": "FH-2025-000002", "report_no": None, "problem_code": "invalid_request",
            "errors": in_words([in_body("/requests/1/members/1/id_number", "missing")]),
        },
    ],
    "next_after": None,
    "callback": {"status": "delivered", "attempts": 1, "last_error": None, "next_attempt_at": None},
}  # fmt: skip

CALLBACK = {
    "type": "batch.done",
    "timestamp": "2025-07-01T09:30:12.408151+08:00",
    "data": {name: BATCH[name] for name in ("batch_id", "status", "total", "answered", "refused")},
}

SOURCES = [
    {
        "feed": "vehicle", "title_zh": "机动车", "last_business_date": "2025-06-30", "days_old": 1,
        "is_stale": False, "status": "current", "judged_on": "2025-07-01",
        "divisions": [
            {
                "division_code": "420203", "title_zh": "机动车（区）", "last_business_date": "2025-06-30",
                "days_old": 1, "is_stale": False, "status": "current",
            },
            {
                "division_code": "000000", "title_zh": "机动车", "last_business_date": None, "days_old": None,
                "is_stale": True, "status": "unavailable",
            },
        ],
    }
]  # fmt: skip

# By operation.
ANSWERS: dict[str, Any] = {
    "verify": VERIFICATION,
    "marriage_status": MARRIAGE_STATUS,
    "eldercare_stay": ELDERCARE_STAY,
    "get_report": VERIFICATION,
    "check_report": {"matches": True},
    "submit_batch": BATCH_ACCEPTED,
    "batch": BATCH,
    "source_freshness": SOURCES,
    "health": {"status": "ok"},
}

# What a refusal tells beside its code and title, where it tells more.
REFUSED: dict[str, dict[str, Any]] = {
    "unauthorized": {"reason": "token_withdrawn"},
    "invalid_request": detail(
        [in_body("/aid_type", "not_in_list"), in_body("/members/1/id_number", "missing")]
    ),
    "purpose_unknown": {"errors": in_words([in_parameter("purpose", "not_in_list")])},
    "no_live_authorization": {"reason": "person_not_covered", "members": [2]},
    "body_too_large": {"most_bytes": 65_536},
    "body_too_slow": {"most_seconds": 30},
}
