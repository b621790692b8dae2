"""Anomalies: what must not be, stated directly over the marts.

One expectation per red rule that can be stated so, written apart from the rule's own model: they
count persons, households or cases, and must come to as many as ``rules.finding`` has subjects hit
under the same code. Where the two differ one of them is wrong. Never stops a publication: an
anomaly is a question about people, not a fault of the data.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from expectations.gate import Batch, GateReport, GateRunner, record

if TYPE_CHECKING:  # importing Great Expectations takes seconds
    from great_expectations.expectations.expectation import Expectation

SUITE = "anomalies"

# Programmes of which one person is paid at most one for the same month: rule, one side, other side.
EXCLUSIVE = (
    ("B02", "低保与特困不同时发放", "DB", ("TK",)),
    ("B03", "重度残疾人护理补贴与养老服务补贴不同时发放", "HL", ("YL",)),
    ("B04", "孤儿、事实无人抚养儿童保障与困难残疾人生活补贴不同时发放", "CJ", ("GE", "SW")),
    ("B06", "特困与残疾人两项补贴不同时发放", "TK", ("CJ", "HL")),
)


@dataclass(frozen=True)
class Anomaly:
    """What must not be: a query over a mart (``{batch} as ...``) that returns one row per offending subject."""

    rule_code: str
    mart: str
    description: str
    query: str


def _exclusive(rule_code: str, description: str, code: str, others: tuple[str, ...]) -> Anomaly:
    other_codes = ", ".join(f"'{other}'" for other in others)
    return Anomaly(
        rule_code,
        "benefit_month_person",
        description,
        f"""select distinct one.resident_id from {{batch}} as one
        inner join {{batch}} as other
            on one.resident_id = other.resident_id and one.benefit_month = other.benefit_month
        where one.benefit_code = '{code}' and other.benefit_code in ({other_codes})""",
    )


# The day the marts were built for: the last that a delivery taken in speaks of.
BUSINESS_DATE = "(select max(business_date) from staging.stg_deliveries)"
MONTH_END = "cast({month} + interval '1 month - 1 day' as date)"


def _is_current(feed: str, division: str) -> str:
    """Whether the senders of a kind that cover a division are current."""
    known = "select 1 from marts.source_freshness_by_division as known where known.division_code"
    return f"""exists (
                {known} = case when exists ({known} = {division}) then {division} else '000000' end
                    and known.feed = '{feed}' and not known.is_stale
            )"""


def _parameter(rule_code: str, name: str, division: str) -> str:
    """The value of a rule's parameter in force on the business date in a division (SQL expression)."""
    return (
        f"(select value from intermediate.int_rule_parameters where rule_code = '{rule_code}'"
        f" and parameter = '{name}' and division_code = coalesce({division}, '000000'))"
    )


ACTIVE_DIBAO_MEMBERS = """
        inner join marts.aid_household_member as member
            on household.aid_household_no = member.aid_household_no
            and member.valid_to is null and member.is_covered is not false"""

ANOMALIES = (
    Anomaly(
        "A01",
        "benefit_month_person",
        "死亡次月起不再向本人、或成员均已死亡的家庭发放",
        """select distinct paid.resident_id from {batch} as paid
        inner join marts.resident as resident on paid.resident_id = resident.resident_id
        where paid.benefit_month > date_trunc('month', resident.died_on)
            and not exists (
                select 1 from marts.aid_household_member as member
                left join marts.resident as other on member.resident_id = other.resident_id
                where member.aid_household_no = paid.aid_household_no
                    and (other.died_on is null or date_trunc('month', other.died_on) >= paid.benefit_month)
            )""",
    ),
    Anomaly(
        "A02",
        "eldercare_stay",
        "死亡后在宽限期内办理离院",
        f"""select distinct stay.resident_id from {{batch}} as stay
        inner join marts.resident as resident on stay.resident_id = resident.resident_id
        where coalesce(stay.left_on, {BUSINESS_DATE})
            > resident.died_on + cast({_parameter("A02", "grace_days", "resident.division_code")} as integer)""",
    ),
    Anomaly(
        "A03",
        "cremation",
        "一人只有一条火化登记",
        """select resident_id from {batch} as cremation where resident_id is not null
        group by resident_id having count(distinct cremation_no) > 1""",
    ),
    Anomaly(
        "B01",
        "benefit_month_person",
        "同一月份的低保只在一个区县发放",
        """select distinct resident_id from (
            select resident_id from {batch} as paid where benefit_code = 'DB' and resident_id is not null
            group by resident_id, benefit_month having min(division_code) <> max(division_code)
        ) as doubled""",
    ),
    Anomaly(
        "E06",
        "benefit_month_person",
        "一人一项待遇同一月份只在一个业务下发放",
        # Dibao in two districts is B01.
        """select distinct resident_id from (
            select resident_id from {batch} as paid where resident_id is not null
            group by resident_id, benefit_code, benefit_month
            having min(case_no) <> max(case_no)
                and not (benefit_code = 'DB' and coalesce(min(division_code) <> max(division_code), false))
        ) as doubled""",
    ),
    *(_exclusive(*pair) for pair in EXCLUSIVE),
    Anomaly(
        "B05",
        "benefit_month_person",
        "整月住在养老机构的月份不发放居家养老服务补贴",
        f"""select distinct paid.resident_id from {{batch}} as paid
        inner join marts.eldercare_stay as stay on paid.resident_id = stay.resident_id
        where paid.benefit_code = 'YL' and paid.benefit_month > stay.entered_on
            and coalesce(stay.left_on, 'infinity') > {MONTH_END.format(month="paid.benefit_month")}
            and {MONTH_END.format(month="paid.benefit_month")} <= {BUSINESS_DATE}""",
    ),
    Anomaly(
        "C01",
        "aid_household",
        "在保低保成员登记在册且在世的配偶列入申报的家庭成员",
        # Of several marriages the latest counts; a spouse with a faulty number is known by the name,
        # or as the other half of the applicant's couple.
        f"""with spell as (
            select certificate_no, husband_resident_id as resident_id, wife_resident_id as spouse_id,
                wife_name as spouse_name, registered_on, ended_on
            from marts.marriage_spell
            union all
            select certificate_no, wife_resident_id, husband_resident_id, husband_name, registered_on, ended_on
            from marts.marriage_spell
        ), latest as (
            select distinct on (resident_id) * from spell
            where resident_id is not null and registered_on <= {BUSINESS_DATE}
            order by resident_id, registered_on desc, certificate_no desc
        )
        select distinct member.resident_id from {{batch}} as household {ACTIVE_DIBAO_MEMBERS}
        inner join latest on member.resident_id = latest.resident_id
        inner join marts.resident as spouse on latest.spouse_id = spouse.resident_id
        where household.is_active and household.aid_type_code = 'DB' and spouse.is_registered
            and coalesce(latest.ended_on, 'infinity') > {BUSINESS_DATE}
            and coalesce(spouse.died_on, 'infinity') > {BUSINESS_DATE}
            and not exists (
                select from marts.aid_household_member as declared
                where declared.aid_household_no = household.aid_household_no and declared.valid_to is null
                    and declared.resident_id is distinct from member.resident_id
                    and (
                        declared.resident_id = latest.spouse_id or declared.name = latest.spouse_name
                        or (
                            declared.resident_id is null
                            and declared.relation in ('本人', '配偶') and member.relation in ('本人', '配偶')
                        )
                    )
            )""",
    ),
    Anomaly(
        "C03",
        "marriage_spell",
        "一人的登记婚姻期间不重叠",
        # With two partners, of whom the first is known to have lived on the day of the second wedding.
        """with spell as (
            select certificate_no, husband_resident_id as resident_id, wife_resident_id as partner_id,
                wife_name as partner_name, registered_on, ended_on, ended_by
            from {batch} as husband
            union all
            select certificate_no, wife_resident_id, husband_resident_id, husband_name, registered_on, ended_on,
                ended_by
            from {batch} as wife
        )
        select distinct second.resident_id from spell as first
        inner join spell as second
            on first.resident_id = second.resident_id
            and (first.registered_on, first.certificate_no) < (second.registered_on, second.certificate_no)
        left join marts.resident as partner on first.partner_id = partner.resident_id
        where 'revoked' not in (coalesce(first.ended_by, ''), coalesce(second.ended_by, ''))
            and second.registered_on < coalesce(first.ended_on, 'infinity')
            and coalesce(first.partner_id <> second.partner_id, true)
            and coalesce(first.partner_name <> second.partner_name, true)
            and (partner.is_registered or partner.died_on > second.registered_on or first.ended_by = 'divorce')""",
    ),
    Anomaly(
        "C04",
        "aid_household",
        "一人只是一个在保救助家庭的保障对象",
        """select member.resident_id from {batch} as household
        inner join marts.aid_household_member as member
            on household.aid_household_no = member.aid_household_no and member.valid_to is null
        where household.is_active and member.resident_id is not null and member.is_covered is not false
        group by member.resident_id having count(distinct household.aid_household_no) > 1""",
    ),
    Anomaly(
        "D01",
        "aid_household",
        "在保低保成员没有在营企业",
        f"""select distinct member.resident_id from {{batch}} as household {ACTIVE_DIBAO_MEMBERS}
        inner join marts.property_item as property on member.resident_id = property.resident_id
        where household.is_active and household.aid_type_code = 'DB'
            and property.property_kind = 'company_role' and property.is_in_force
            and property.detail in ('法定代表人', '股东')""",
    ),
    Anomaly(
        "D02",
        "aid_household",
        "在保低保成员没有超过限值的机动车（残疾人专用车除外）",
        f"""select distinct member.resident_id from {{batch}} as household {ACTIVE_DIBAO_MEMBERS}
        inner join marts.property_item as property on member.resident_id = property.resident_id
        where household.is_active and household.aid_type_code = 'DB'
            and property.property_kind = 'vehicle' and property.is_in_force
            and property.detail is distinct from 'C21'
            and property.value_yuan > {_parameter("D02", "vehicle_value_limit_yuan", "household.division_code")}""",
    ),
    Anomaly(
        "D03",
        "aid_household",
        "在保低保家庭的住房不多于限额",
        f"""select household.aid_household_no from {{batch}} as household {ACTIVE_DIBAO_MEMBERS}
        inner join marts.property_item as property on member.resident_id = property.resident_id
        where household.is_active and household.aid_type_code = 'DB'
            and property.property_kind = 'dwelling' and property.is_in_force
        group by household.aid_household_no, household.division_code
        having count(distinct property.item_no)
            > {_parameter("D03", "max_dwellings", "household.division_code")}""",
    ),
    Anomaly(
        "D04",
        "aid_household",
        "在保低保家庭核得的人均月收入不超过现行低保标准（渐退期外）",
        # Above in the latest month the source reaches, and in as many before as the phase-out lasts.
        f"""with member as (
            select distinct household.aid_household_no, household.division_code, household.urban_rural,
                member.resident_id, case when member.resident_id is null then member.member_no end
            from {{batch}} as household
            inner join marts.aid_household_member as member
                on household.aid_household_no = member.aid_household_no and member.valid_to is null
            where household.is_active and household.aid_type_code = 'DB'
        ), limits as (
            select member.aid_household_no, count(*) * max(standard.amount_yuan) as limit_yuan,
                {_parameter("D04", "pension_counted_share", "max(member.division_code)")} as pension_share,
                {_parameter("D04", "phase_out_months", "max(member.division_code)")} as phase_out_months
            from member
            inner join marts.benefit_standard as standard
                on standard.division_code = member.division_code
                and standard.standard_code = 'DB_' || upper(member.urban_rural)
                and standard.valid_from <= {BUSINESS_DATE}
                and coalesce(standard.valid_to, 'infinity') > {BUSINESS_DATE}
            group by member.aid_household_no
        ), latest as (
            select max(income_month) as income_month from (
                select income_month, count(*) as line_count, max(count(*)) over () as most_lines
                from marts.income_item where income_month <= {BUSINESS_DATE} group by income_month
            ) as reached
            where line_count * 2 >= most_lines
        ), above as (
            select member.aid_household_no, income.income_month, limits.phase_out_months from member
            inner join limits on member.aid_household_no = limits.aid_household_no
            inner join marts.income_item as income on member.resident_id = income.resident_id
            group by member.aid_household_no, income.income_month, limits.limit_yuan, limits.pension_share,
                limits.phase_out_months
            having sum(income.amount_yuan * case income.income_kind
                when 'pension' then limits.pension_share else 1 end) > limits.limit_yuan
        )
        select above.aid_household_no from above, latest
        where above.income_month <= latest.income_month and above.income_month >= latest.income_month
            - above.phase_out_months * interval '1 month'
        group by above.aid_household_no, above.phase_out_months
        having count(*) > above.phase_out_months""",
    ),
    Anomaly(
        "E01",
        "benefit_month_person",
        "高龄津贴自满起始周岁当月起发放",
        f"""select distinct paid.resident_id from (
            select resident_id, division_code, min(benefit_month) as benefit_month
            from {{batch}} as month where benefit_code = 'GL' group by resident_id, division_code
        ) as paid
        inner join marts.resident as resident on paid.resident_id = resident.resident_id
        where paid.benefit_month < date_trunc(
            'month',
            resident.born_on + {_parameter("E01", "age_years", "paid.division_code")} * interval '1 year'
        )""",
    ),
    Anomaly(
        "E02",
        "benefit_month_person",
        "重度残疾人护理补贴的月份有规定等级的有效残疾人证",
        # A card whose number cannot be read may be a namesake's own. Cards end: the last month tells of all.
        f"""select distinct paid.resident_id from (
            select resident_id, division_code, max(benefit_month) as benefit_month
            from {{batch}} as month where benefit_code = 'HL' group by resident_id, division_code
        ) as paid
        inner join marts.resident as resident on paid.resident_id = resident.resident_id
        left join lateral (
            select max(counts_until) as covered_until
            from marts.disability_card
            where resident_id = paid.resident_id
                and disability_level <= {_parameter("E02", "max_level", "resident.division_code")}
        ) as card on true
        where coalesce(card.covered_until < paid.benefit_month, true)
            and {_is_current("disability_card", "paid.division_code")}
            and not exists (
                select from marts.disability_card as unread
                where unread.resident_id is null and unread.name = resident.name
            )""",
    ),
    Anomaly(
        "E03",
        "benefit_month",
        "停保次月起不再发放",
        """select distinct paid.aid_household_no from {batch} as paid
        inner join marts.aid_household as household on paid.aid_household_no = household.aid_household_no
        where paid.is_paid and paid.benefit_month > date_trunc('month', household.aided_until)""",
    ),
    Anomaly(
        "E04",
        "benefit_month",
        "批准及最近一次调标、调整金额以后，各月实发与批准的月保障金额一致",
        f"""select distinct household.aid_household_no from {{batch}} as paid
        inner join marts.aid_household as household on paid.aid_household_no = household.aid_household_no
        left join (
            select division_code, standard_code, max(valid_from) as changed_on from (
                select *, lag(amount_yuan) over (
                    partition by division_code, standard_code order by valid_from
                ) as earlier_yuan from marts.benefit_standard
            ) as dated
            where valid_from <= {BUSINESS_DATE} and amount_yuan is distinct from earlier_yuan
            group by division_code, standard_code
        ) as standard on standard.division_code = household.division_code and standard.standard_code
            = case household.aid_type_code
                when 'DB' then 'DB_' || upper(household.urban_rural) else household.aid_type_code
            end
        left join (
            select aid_household_no, max(told_on) as changed_on from (
                select aid_household_no, monthly_amount_yuan,
                    coalesce((updated_at at time zone 'Asia/Shanghai')::date, delivery_date) as told_on,
                    lag(monthly_amount_yuan) over (
                        partition by aid_household_no
                        order by order_before nulls first, delivery_order, delivery_id,
                            order_after nulls first, line_number
                    ) as earlier_yuan
                from staging.stg_aid_household
                where monthly_amount_yuan is not null
            ) as version
            where monthly_amount_yuan <> earlier_yuan
            group by aid_household_no
        ) as amount on household.aid_household_no = amount.aid_household_no
        where paid.is_paid and paid.paid_yuan <> household.monthly_amount_yuan
            and paid.benefit_month >= greatest(household.approved_on, standard.changed_on, amount.changed_on)
            and paid.benefit_month <= coalesce(household.aided_until, 'infinity')""",
    ),
    Anomaly(
        "E07",
        "benefit_month",
        "发放对象的号码有效，或者能以其他方式确认本人",
        """select distinct beneficiary.case_no from (
            select entitlement_no as case_no, resident_id, id_number_note from marts.entitlement
            union all
            select aid_household_no, resident_id, id_number_note from marts.aid_household_member
            where is_covered is not false and valid_to is null
        ) as beneficiary
        inner join {batch} as paid on beneficiary.case_no = paid.case_no
        where paid.is_paid and beneficiary.resident_id is null
            and beneficiary.id_number_note is distinct from 'missing'""",
    ),
    Anomaly(
        "E05",
        "benefit_month_person",
        "孤儿与事实无人抚养儿童保障发放到年满截止周岁当月",
        f"""select distinct paid.resident_id from {{batch}} as paid
        inner join marts.resident as resident on paid.resident_id = resident.resident_id
        where paid.benefit_code in ('GE', 'SW') and paid.benefit_month > date_trunc(
            'month',
            resident.born_on + {_parameter("E05", "age_years", "paid.division_code")} * interval '1 year'
        )""",
    ),
)


def gate_anomalies(engine: Engine, generation: int) -> GateReport:
    """Count every anomaly in the marts and record the counts; the report always passes.

    unexpected_count is the number of offending persons (households for D03, D04, E03, E04, cases for E07),
    element_count the rows of the mart. Raises CheckFault where one cannot be evaluated.
    """
    with GateRunner(engine) as runner:
        results = runner.run(SUITE, anomaly_batches())
    order = {anomaly.description: place for place, anomaly in enumerate(ANOMALIES)}
    results.sort(key=lambda result: order[result.description])
    report = GateReport("anomalies", f"generation:{generation}", SUITE, tuple(results))
    with engine.begin() as connection:
        record(connection, report)
    return report


def anomaly_batches() -> list[Batch]:
    """A batch for each mart: its rows, and what must not be among them."""
    from expectations.counting import WARNING, ExpectQueryRowCount

    expectations: dict[str, list[Expectation]] = {}
    for anomaly in ANOMALIES:
        expectations.setdefault(anomaly.mart, []).append(
            ExpectQueryRowCount(
                unexpected_rows_query=anomaly.query,
                max_count=0,
                severity=WARNING,
                description=anomaly.description,
                meta={"rule_code": anomaly.rule_code},
            )
        )
    return [
        Batch(f"{SUITE}.{mart}", f"select * from marts.{mart}", expected)
        for mart, expected in expectations.items()
    ]
