"""The contract in JSON: what is asked and answered. Checked and decided in ``api_v1``; here it is
described (OpenAPI), and the tests hold the two together."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# As in the seed verification_code.
AidType = Literal["DB", "TK", "BY", "GX", "LS", "CJ", "HL", "GL", "YL", "GE", "SW"]
MOST_ITEMS = 10_000


def said(description: str) -> Any:
    return Field(description=description)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Member(Strict):
    """申请家庭成员"""

    name: str = Field(min_length=1, max_length=64, description="姓名")
    id_number: str = Field(
        min_length=1, max_length=64, description="公民身份号码，按证件所载；同一号码只写一次"
    )
    relation: str = Field(min_length=1, max_length=32, description="与申请人关系，申请人写“本人”")


class VerificationRequest(Strict):
    """核对请求：同一编号、同一内容得同一答复"""

    request_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$", description="请求编号，由询问方给出")
    authorization_no: str = Field(min_length=1, max_length=64, description="授权书编号")
    purpose: str = said("用途：application 新申请，review 定期复核，objection 异议复核，change 变更核查")
    operator: str = Field(min_length=1, max_length=64, description="操作人")
    aid_type: AidType = said(
        "救助类别：DB 最低生活保障，TK 特困人员供养，BY 低保边缘家庭，GX 刚性支出困难家庭，LS 临时救助，"
        "CJ 困难残疾人生活补贴，HL 重度残疾人护理补贴，GL 高龄津贴，YL 养老服务补贴，GE 孤儿基本生活保障，"
        "SW 事实无人抚养儿童保障"
    )
    members: list[Member] = Field(min_length=1, max_length=20, description="家庭成员")
    division_code: str | None = Field(
        default=None, pattern=r"^[0-9]{6}$", description="适用标准的区划；不写则按申请人户籍"
    )
    urban_rural: Literal["urban", "rural"] | None = Field(
        default=None, description="适用标准的城乡：urban 城市，rural 农村；不写则按申请人户籍"
    )


class BatchRequest(Strict):
    """批量复核"""

    requests: list[VerificationRequest] = Field(
        min_length=1, max_length=MOST_ITEMS, description="逐项办理的核对请求"
    )
    callback_url: str | None = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="办结后回调的地址（POST，按 Standard Webhooks 签名），须在管理员登记的来源之内；不写则不回调",
        examples=["https://approval.example.cn/batches"],
    )


class Line(Strict):
    """来源行"""

    feed: str = said("来源代码")
    delivery_id: str | None = said("交付编号")
    line_number: int | None = said("交付文件中的行号")


class IncomeItem(Strict):
    """一笔收入"""

    income_kind: str = said(
        "收入种类：wage 工资，business 经营，property 财产，pension 养老金，transfer 其他转移，declared 申报"
    )
    insurance_type: str | None = said("险种，来自社会保险时")
    income_month: date = said("所属月份的首日")
    amount_yuan: float | None = said("金额，元")
    counted_yuan: float | None = said("按参数计入的金额，元")
    is_public_payroll: bool | None = said("是否财政供养；空为来源没有说明")
    source: Line = said("依据的来源行")


class PropertyItem(Strict):
    """一项财产"""

    property_kind: str = said(
        "财产种类：vehicle 车辆，dwelling 住宅，other_real_estate 其他不动产，company_role 企业任职与出资，"
        "deposit 存款等，见数据字典"
    )
    item_no: str | None = said("号牌、单元号、统一社会信用代码、银行与账号末四位或记录编号")
    detail: str | None = said("车辆类型、用途、角色或说明")
    value_yuan: float | None = said("价值，元；空为不知道")
    share: float | None = said("所占份额，1 为全部")
    acquired_on: date | None = said("取得日期")
    source: Line = said("依据的来源行")


class Marriage(Strict):
    """婚姻状况"""

    status: Literal["married", "divorced", "widowed", "no_record"] | None = said(
        "married 已婚，divorced 离婚，widowed 丧偶，no_record 无登记；空为无法判断"
    )
    registered_on: date | None = said("登记日期")
    has_undeclared_spouse: bool | None = said("有未申报的配偶，只说明存在；空为无法判断")
    spouse_member_no: int | None = said("配偶在所报成员中的序号")


class Benefit(Strict):
    """在享待遇"""

    benefit_code: str | None = said("待遇类别，代码同救助类别")
    case_no: str | None = said("待遇编号或救助家庭编号")
    division_code: str | None = said("发放区划")
    started_on: date | None = said("开始享受或批准之日")


class Stay(Strict):
    """在住的养老机构"""

    stay_no: str | None = said("入住编号")
    institution_code: str | None = said("机构代码")
    entered_on: date | None = said("入住日期")
    ability_level: str | None = said("能力等级（GB/T 42195）")
    fee_source: str | None = said("费用来源")


class Disability(Strict):
    """有效的残疾人证"""

    disability_category: str | None = said("残疾类别（GB/T 26341）")
    disability_level: int | None = said("残疾等级，1 最重")
    valid_until: date | None = said("有效期至")


class KnownMember(Strict):
    """成员的核对结果；空值表示不知道（身份未确认，或授权未包括该来源），不表示没有"""

    member_no: int = said("在所报成员中的序号，从 1 起")
    relation: str = said("所报与申请人关系")
    identity: Literal["found", "ambiguous", "unknown"] = said(
        "身份：found 已确认，ambiguous 无法确认是否同一人，unknown 查无此人或号码无效"
    )
    identity_zh: str = said("身份的中文说明")
    identity_reason: str | None = said(
        "未确认的原因（invalid_number、number_unknown、several_residents、name_unknown、name_differs）；"
        "已确认而为 former_name：所报为持有人的曾用名；空值为现姓名相符"
    )
    masked_id_number: str | None = said("脱敏的公民身份号码；空为号码无效")


class VerifiedMember(KnownMember):
    resident_id: int | None = said("本仓库的人员编号")
    division_code: str | None = said("户籍区划")
    is_registered: bool | None = said("是否有本地户籍")
    is_alive: bool | None = said("是否在世；空为无法判断")
    died_on: date | None = said("死亡日期")
    marriage: Marriage | None = said("婚姻状况")
    benefits: list[Benefit] | None = said("在享待遇；空列表为没有")
    stay: Stay | None = said("在住的养老机构；空为没有或不知道")
    disability: Disability | None = said("有效的残疾人证；空为没有或不知道")
    income_items: list[IncomeItem] | None = said("核算期内的收入")
    property_items: list[PropertyItem] | None = said("现有财产")


class MarriedMember(KnownMember):
    marriage: Marriage | None = said("婚姻状况")


class HousedMember(KnownMember):
    stay: Stay | None = said("在住的养老机构；空为没有或不知道")


class Standard(Strict):
    """适用的救助标准"""

    division_code: str = said("标准所属区划")
    standard_code: str = said("标准代码")
    amount_yuan: float | None = said("每人每月，元")
    valid_from: date = said("开始执行之日")


class Household(Strict):
    """家庭合计"""

    member_count: int = said("所报成员数")
    found_count: int = said("身份已确认的成员数")
    living_count: int | None = said("在世的成员数；空为死亡来源未授权")
    incomplete_because: list[str] = said(
        "合计不完整的原因：identity_not_established、deaths_source_closed、income_source_closed_or_stale、"
        "income_amount_unknown、"
        "property_source_closed_or_stale"
    )
    income_from: date | None = said("核算收入的首月")
    income_to: date | None = said("核算收入的末月")
    month_count: int = said("核算的月数")
    income_yuan: float | None = said("月均收入，扣减前，元")
    income_per_capita_yuan: float | None = said("人均月收入，元")
    standard: Standard | None = said("适用的救助标准；空为没有")
    standard_multiple: float | None = said("人均月收入是标准的几倍")
    income_against_standard: Literal["above", "not_above", "not_assessable"] = said(
        "与标准相比：above 高于，not_above 不高于，not_assessable 无法判断"
    )
    vehicle_count: int | None = said("车辆数；空为来源未授权，以下三项相同")
    vehicle_value_yuan: float | None = said("车辆价值合计，元")
    dwelling_count: int | None = said("住宅数")
    company_count: int | None = said("企业数")


class Flag(Strict):
    """疑点：线索，不是结论"""

    rule_code: str = said("规则代码")
    title_zh: str | None = said("规则名称")
    basis: Literal["rule", "request"] = said("rule 规则运行所得，request 按本次申报成员即时判断")
    outcome: str = said("结果：hit 命中，not_assessable 无法判断")
    severity: str | None = said("程度：red 红色，yellow 黄色")
    finding_id: str | None = said("疑点编号；即时判断的没有")
    member_no: int | None = said("所涉成员的序号；空为涉及整户")
    aid_household_no: str | None = said("救助家庭编号")
    first_on: date | None = said("首日")
    last_on: date | None = said("末日")
    amount_yuan: float | None = said("所涉金额，元")
    evidence: dict[str, Any] | None = said("依据：事实及来源行，随规则而不同")
    legal_basis: str | None = said("法规依据")
    clears_it_zh: str | None = said("何种材料可以消除")


class Source(Strict):
    """一个来源在本次核对中的结果"""

    feed: str = said("来源代码")
    title_zh: str | None = said("来源名称")
    status: Literal["hit", "not_hit", "stale", "unavailable", "not_authorized"] = said(
        "hit 命中，not_hit 未命中，stale 过期，unavailable 不可用，not_authorized 未授权"
    )
    status_zh: Literal["命中", "未命中", "不可用或过期", "未授权"] = said("结果的中文")
    as_of: date | None = said("数据到哪一天")
    is_stale: bool = said("是否过期；过期来源的“未命中”不作数")
    members_hit: list[int] | None = said("命中的成员序号；空为未授权")


class Asked(Strict):
    """所问：报告须载明的请求内容"""

    authorization_no: str = said("授权书编号")
    purpose: str = said("用途代码")
    aid_type: str = said("救助种类代码")
    operator: str = said("操作人")
    names: list[str] = said("请求所报姓名，依成员次序")


class Envelope(Strict):
    status: Literal["answered"] = said("已答复")
    operation: str = said("所问：verify、marriage_status 或 eldercare_stay")
    report_no: str = said("报告编号，再次取回的钥匙")
    request_id: str = said("请求编号")
    generation: int = said("答复所依据的数据世代")
    asked_on: date = said("询问之日（北京时间）")
    valid_until: date | None = said("报告有效期至")
    asked: Asked | None = Field(default=None, description="所问；此项设立以前出具的报告没有")
    business_date: date = said("数据的业务日期")
    is_outdated: bool | None = said("数据整体是否过旧")
    sources: list[Source] | None = said("各来源的结果")


class Verification(Envelope):
    """核对报告"""

    members: list[VerifiedMember] = said("各成员的核对结果")
    household: Household = said("全体所报成员的合计")
    flags: list[Flag] = said("疑点：线索，不是结论")


class MarriageStatus(Envelope):
    """婚姻状况的答复"""

    members: list[MarriedMember] = said("各成员的婚姻状况")


class EldercareStay(Envelope):
    """养老机构入住的答复"""

    members: list[HousedMember] = said("各成员的养老机构入住")


class Fault(Strict):
    """请求的一处错误：在哪里、为什么；不重复所写的值"""

    pointer: str | None = Field(
        default=None,
        description="正文中的位置（RFC 6901），如 /members/2/id_number；空文本为整个正文",
        examples=["/members/2/id_number"],
    )
    parameter: str | None = Field(default=None, description="路径或查询参数的名称，错误不在正文时")
    code: str = said("稳定的错误代码")
    reason_zh: str = said("原因")
    reason_en: str = said("原因（英文）")


class ReportCheck(Strict):
    """核验纸面报告"""

    matches: bool = said("编号与校验值是否出自同一份报告；编号不存在也答否")


class BatchItem(Strict):
    """批量复核中已办结的一项"""

    item_no: int = said("在所送 requests 中的序号，从 1 起")
    request_id: Any = said("所送的请求编号")
    report_no: str | None = said("报告编号；空为被拒绝")
    problem_code: str | None = said("拒绝的代码；空为已答复")
    errors: list[Fault] | None = said("请求不合规范时的各处错误，位置从所送批量的正文算起；其余为空")


class Callback(Strict):
    """办结后的回调"""

    status: Literal["waiting", "delivered", "failed"] = said(
        "waiting 待办结或待再试，delivered 已送达，failed 已放弃：请自行查看进度"
    )
    attempts: int = said("已尝试的次数")
    last_error: str | None = said(
        "最近一次失败的代码：no_such_host、address_not_allowed、not_allowed、no_connection、tls_failed、too_slow、"
        "redirected、status_ 加 HTTP 状态码；空为没有失败"
    )
    next_attempt_at: datetime | None = said("何时再试；空为尚未试过，或不再试")


class CallbackBatch(Strict):
    """回调所告知的批量：没有任何人员"""

    batch_id: str = said("批量编号")
    status: Literal["done"] = said("已办结")
    total: int = said("项数")
    answered: int = said("已答复的项数")
    refused: int = said("被拒绝的项数")


class CallbackMessage(Strict):
    """回调的正文"""

    type: Literal["batch.done"] = said("批量已办结")
    timestamp: datetime = said("办结之时")
    data: CallbackBatch = said("办结的批量")


class Batch(Strict):
    """批量复核的进度"""

    status: Literal["running", "done"] = said("running 办理中，done 已办结")
    batch_id: str = said("批量编号")
    total: int = said("项数")
    answered: int = said("已答复的项数")
    refused: int = said("被拒绝的项数")
    items: list[BatchItem] = said("本页已办结的项，按序号")
    next_after: int | None = said("下一页的 after；空为此后再无，办理中不为空")
    callback: Callback | None = said("办结后的回调；空为没有要求")


class Problem(BaseModel):
    """RFC 9457；code 稳定，title 为中文"""

    model_config = ConfigDict(extra="allow")

    type: str = said("urn:minzheng:problem: 加代码")
    title: str = said("拒绝的原因")
    status: int = said("HTTP 状态码")
    code: str = said("稳定的代码，程序据此处理")
    fields: list[str] | None = Field(default=None, description="有错误的字段，整个正文写作 request")
    errors: list[Fault] | None = Field(default=None, description="请求的各处错误")
    reason: str | None = Field(
        default=None,
        description="没有有效授权的原因：unknown 没有此授权，outside_period 不在期内，revoked 已撤回，"
        "person_not_covered 有成员未授权；凭证不被接受的原因：credential_unknown 没有或不认识，"
        "token_withdrawn 令牌已撤回，token_expired 令牌已过期，token_not_yet_valid 令牌尚未生效",
    )
    members: list[int] | None = Field(default=None, description="未被授权的成员序号，从 1 起")
    most_bytes: int | None = Field(default=None, description="正文最多的字节数")
    most_seconds: int | None = Field(default=None, description="正文送达最多的秒数")


class DivisionFreshness(Strict):
    """一个来源在一个区划的时效"""

    division_code: str = said("区划；000000 为契约没有分列的其他区划")
    title_zh: str | None = said("来源名称")
    last_business_date: date | None = said("数据到哪一天")
    days_old: int | None = said("距今天数")
    is_stale: bool = said("是否过期")
    status: Literal["current", "stale", "unavailable"] = said(
        "current 可用，stale 过期，unavailable 从未收到"
    )


class Freshness(Strict):
    """一个来源的时效"""

    feed: str = said("来源代码")
    title_zh: str | None = said("来源名称")
    last_business_date: date | None = said("数据到哪一天")
    days_old: int | None = said("距今天数")
    is_stale: bool | None = said("是否过期")
    status: Literal["current", "stale", "unavailable"] = said(
        "current 可用，stale 过期，unavailable 从未收到"
    )
    judged_on: date = said("判断时效之日（北京时间的今天），与核对答复相同")
    divisions: list[DivisionFreshness] = said("各区划由不同来源覆盖时分别列出，相同时为空列表")


class Health(Strict):
    """运行状况"""

    status: Literal["ok"] = said("在运行，数据库可用")
