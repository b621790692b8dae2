"""The contract in JSON: what is asked and answered. Checked and decided in ``api_v1``; here it is
described (OpenAPI), and the tests hold the two together."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# As in the seed verification_code.
AidType = Literal["DB", "TK", "BY", "GX", "LS", "CJ", "HL", "GL", "YL", "GE", "SW"]
Yuan = Annotated[float, Field(description="元")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Member(Strict):
    """申请家庭成员"""

    name: str = Field(min_length=1, max_length=64, description="姓名")
    id_number: str = Field(min_length=1, max_length=64, description="公民身份号码，按证件所载")
    relation: str = Field(min_length=1, max_length=32, description="与申请人关系，申请人写“本人”")


class VerificationRequest(Strict):
    """核对请求：同一编号、同一内容得同一答复"""

    request_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$", description="请求编号，由询问方给出")
    authorization_no: str = Field(min_length=1, max_length=64, description="授权书编号")
    purpose: str = Field(
        description="用途：application 新申请，review 定期复核，objection 异议复核，change 变更核查"
    )
    operator: str = Field(min_length=1, max_length=64, description="操作人")
    aid_type: AidType = Field(description="救助类别")
    members: list[Member] = Field(min_length=1, max_length=20, description="家庭成员")
    division_code: str | None = Field(
        default=None, pattern=r"^[0-9]{6}$", description="适用标准的区划；不写则按申请人户籍"
    )
    urban_rural: Literal["urban", "rural"] | None = Field(default=None, description="适用标准的城乡")


class BatchRequest(Strict):
    """批量复核"""

    requests: list[VerificationRequest] = Field(min_length=1, max_length=10000)


class Line(Strict):
    """来源行"""

    feed: str
    delivery_id: str | None
    line_number: int | None


class IncomeItem(Strict):
    income_kind: str
    insurance_type: str | None
    income_month: date
    amount_yuan: Yuan | None
    counted_yuan: Yuan | None = Field(description="按参数计入的金额")
    is_public_payroll: bool | None
    source: Line


class PropertyItem(Strict):
    property_kind: str
    item_no: str | None
    detail: str | None
    value_yuan: Yuan | None
    share: float | None
    acquired_on: date | None
    source: Line


class Marriage(Strict):
    status: Literal["married", "divorced", "widowed", "no_record"] | None
    registered_on: date | None
    has_undeclared_spouse: bool | None = Field(description="只说明存在；空为无法判断")
    spouse_member_no: int | None


class Benefit(Strict):
    benefit_code: str | None
    case_no: str | None
    division_code: str | None
    started_on: date | None


class KnownMember(Strict):
    """成员的核对结果；空值表示不知道（身份未确认，或授权未包括该来源），不表示没有"""

    member_no: int
    relation: str
    identity: Literal["found", "ambiguous", "unknown"]
    identity_zh: str
    identity_reason: str | None = Field(
        description="未确认的原因；已确认而为 former_name：所报为持有人的曾用名；空值为现姓名相符"
    )
    masked_id_number: str | None


class VerifiedMember(KnownMember):
    resident_id: int | None
    division_code: str | None
    is_registered: bool | None
    is_alive: bool | None
    died_on: date | None
    marriage: Marriage | None
    benefits: list[Benefit] | None
    stay: dict[str, Any] | None
    disability: dict[str, Any] | None
    income_items: list[IncomeItem] | None
    property_items: list[PropertyItem] | None


class MarriedMember(KnownMember):
    marriage: Marriage | None


class HousedMember(KnownMember):
    stay: dict[str, Any] | None


class Standard(Strict):
    division_code: str
    standard_code: str
    amount_yuan: Yuan
    valid_from: date


class Household(Strict):
    """家庭合计"""

    member_count: int
    found_count: int
    living_count: int | None = Field(description="空为死亡来源未授权")
    incomplete_because: list[str]
    income_from: date | None = Field(description="核算收入的首月")
    income_to: date | None
    month_count: int
    income_yuan: Yuan | None = Field(description="月均收入，扣减前")
    income_per_capita_yuan: Yuan | None
    standard: Standard | None
    standard_multiple: float | None
    income_against_standard: Literal["above", "not_above", "not_assessable"]
    vehicle_count: int | None = Field(description="空为来源未授权，以下三项相同")
    vehicle_value_yuan: Yuan | None
    dwelling_count: int | None
    company_count: int | None


class Flag(Strict):
    """疑点：线索，不是结论"""

    rule_code: str
    title_zh: str | None
    basis: Literal["rule", "request"] = Field(description="rule 规则运行所得，request 按本次申报成员即时判断")
    outcome: str
    severity: str | None
    finding_id: str | None
    member_no: int | None
    aid_household_no: str | None
    first_on: date | None
    last_on: date | None
    amount_yuan: Yuan | None
    evidence: dict[str, Any] | None
    legal_basis: str | None
    clears_it_zh: str | None


class Source(Strict):
    feed: str
    title_zh: str | None
    status: Literal["hit", "not_hit", "stale", "unavailable", "not_authorized"]
    status_zh: Literal["命中", "未命中", "不可用或过期", "未授权"]
    as_of: date | None
    is_stale: bool
    members_hit: list[int] | None = Field(description="空为未授权")


class Asked(Strict):
    """所问：报告须载明的请求内容"""

    authorization_no: str
    purpose: str
    aid_type: str
    operator: str
    names: list[str] = Field(description="请求所报姓名，依成员次序")


class Envelope(Strict):
    status: Literal["answered"]
    operation: str
    report_no: str
    request_id: str
    generation: int
    asked_on: date
    valid_until: date | None
    asked: Asked | None = Field(default=None, description="此项设立以前出具的报告没有")
    business_date: date
    is_outdated: bool | None
    sources: list[Source] | None


class Verification(Envelope):
    """核对报告"""

    members: list[VerifiedMember]
    household: Household
    flags: list[Flag]


class MarriageStatus(Envelope):
    members: list[MarriedMember]


class EldercareStay(Envelope):
    members: list[HousedMember]


class ReportCheck(Strict):
    """核验纸面报告"""

    matches: bool = Field(description="编号与校验值是否出自同一份报告；编号不存在也答否")


class BatchItem(Strict):
    item_no: int
    request_id: Any
    report_no: str | None
    problem_code: str | None


class Batch(Strict):
    """批量复核的进度"""

    status: Literal["running", "done"]
    batch_id: str
    total: int
    answered: int
    refused: int
    items: list[BatchItem]


class Problem(BaseModel):
    """RFC 9457；code 稳定，title 为中文"""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str


class DivisionFreshness(Strict):
    division_code: str = Field(description="000000 为契约没有分列的其他区划")
    title_zh: str | None
    last_business_date: date | None
    days_old: int | None
    is_stale: bool
    status: Literal["current", "stale", "unavailable"]


class Freshness(Strict):
    feed: str
    title_zh: str | None
    last_business_date: date | None
    days_old: int | None
    is_stale: bool | None
    status: Literal["current", "stale", "unavailable"]
    judged_on: date = Field(description="判断时效之日（北京时间的今天），与核对答复相同")
    divisions: list[DivisionFreshness] = Field(description="各区划由不同来源覆盖时分别列出，相同时为空")
