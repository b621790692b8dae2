"""What is wrong with a request, in words: where each fault is and why it is one; never the value."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

# Those of the database (verification.faults) and of the service.
WORDS = {
    "missing": ("缺少此项。", "This is missing."),
    "unknown_field": ("接口中没有此项。", "The contract has no such field."),
    "not_object": ("须为 JSON 对象。", "A JSON object is wanted."),
    "not_list": ("须为 JSON 数组。", "A JSON array is wanted."),
    "not_text": ("须为文本。", "A text is wanted."),
    "not_number": ("须为整数。", "A whole number is wanted."),
    "blank": ("不能为空白。", "It must not be blank."),
    "too_long": ("超过接口规定的长度。", "It is longer than the contract allows."),
    "wrong_form": ("不符合接口规定的格式。", "It does not have the form that the contract gives."),
    "not_in_list": ("不在代码表内。", "It is no code of the list."),
    "too_few": ("至少须有一项。", "At least one is wanted."),
    "too_many": ("项数超过接口规定。", "There are more than the contract allows."),
    "out_of_range": ("超出允许的范围。", "It is outside the range allowed."),
    "named_twice": (
        "此号码已属前面的成员，每人只写一次。",
        "A member before has this number; nobody is named twice.",
    ),
    "not_allowed": (
        "此地址不在允许回调之列，由服务的管理员登记。",
        "This address is not among those that may be called: the administrator of the service lists them.",
    ),
    "given_twice": ("此参数只能给出一次。", "This parameter may be given once only."),
    "not_json": ("不能读作 JSON。", "It cannot be read as JSON."),
    "not_utf8": ("不是 UTF-8 编码。", "It is not in UTF-8."),
    "unreadable": ("含有无法处理的字符或数值。", "It holds characters or numbers that cannot be used."),
    "too_complex": ("嵌套或内容过于复杂。", "It is nested too deeply or too complex."),
}
# What FastAPI finds wrong with a parameter; whatever else, its form.
OF_PARAMETERS = {
    "missing": "missing",
    "int_parsing": "not_number",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
}
# Of SQLSTATE, by its beginning, the longest that fits first: a request that the database could not read.
OF_THE_DATABASE = {"22P02": "not_json", "22": "unreadable", "54": "too_complex"}
# Any other name of a field may be a number or name of a person.
OF_A_NAME = re.compile("[A-Za-z_]{1,40}")


def in_body(pointer: str, code: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code}


def in_parameter(name: str, code: str) -> dict[str, str]:
    return {"parameter": name, "code": code}


def unknown_fields(names: Iterable[str]) -> list[dict[str, str]]:
    """A fault for each field of the body that is none."""
    known = {f"/{name}" if OF_A_NAME.fullmatch(name) else "" for name in names}
    return [in_body(pointer, "unknown_field") for pointer in sorted(known)]


def given_twice(names: Iterable[str]) -> list[dict[str, str]]:
    """A fault for each parameter that comes more than once."""
    twice = {
        name if OF_A_NAME.fullmatch(name) else "query" for name, count in Counter(names).items() if count > 1
    }
    return [in_parameter(name, "given_twice") for name in sorted(twice)]


def of_database(sqlstate: str) -> dict[str, str] | None:
    """The fault of a request that met this error; none where it is not the request's."""
    return next(
        (in_body("", code) for start, code in OF_THE_DATABASE.items() if sqlstate.startswith(start)), None
    )


def detail(faults: list[dict[str, str]]) -> dict[str, Any]:
    """What a refusal by the service tells, as ``verification.fault_detail`` does for the database."""
    return {"fields": list(dict.fromkeys(map(_field, faults))), "errors": in_words(faults)}


def _field(fault: dict[str, str]) -> str:
    return fault.get("parameter") or fault["pointer"].partition("/")[2].partition("/")[0] or "request"


def in_words(faults: list[dict[str, str]]) -> list[dict[str, str]]:
    """The faults with the reason of each in Chinese and English."""
    return [
        fault
        | dict(zip(("reason_zh", "reason_en"), WORDS.get(fault["code"], WORDS["wrong_form"]), strict=True))
        for fault in faults
    ]
