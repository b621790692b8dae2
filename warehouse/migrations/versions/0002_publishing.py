"""What is served: tables whose rows live for a span of generations, the pointer, and views through it.

A row of ``pub.<table>`` holds in the generations ``from_generation <= g < to_generation``
(``to_generation`` null: still holds). ``pub.current_<table>`` shows the rows of the one
generation the pointer names; everything that readers use is built on these views.
"""

from alembic import op

from warehouse.migrations.frozen.served_table import served_table

revision = "0002"
down_revision = "0001"

# One meaning and one type per column name, wherever it stands.
COLUMNS = {
    "acquired_on": ("date", "取得日期"),
    "aid_household_no": ("text", "救助家庭编号"),
    "aid_type_code": ("text", "救助类别：DB 低保，TK 特困，BY 低保边缘，GX 刚性支出困难"),
    "ability_level": ("text", "老年人能力等级（GB/T 42195，0 至 4）"),
    "account_no": ("text", "银行账号"),
    "amount_yuan": ("numeric(14,2)", "金额（元）"),
    "applicant_marital_status": ("text", "申请人申报的婚姻状况"),
    "applied_on": ("date", "申请日期"),
    "approved_on": ("date", "批准日期"),
    "assertion_zh": ("text", "规则断言"),
    "assessed": ("bigint", "已判断的对象数"),
    "authorization_no": ("text", "授权书编号"),
    "authorized_from": ("date", "授权起"),
    "authorized_to": ("date", "授权止"),
    "bed_code": ("text", "床位编码"),
    "benefit_code": ("text", "待遇类别"),
    "benefit_month": ("date", "所属月份（当月第一日）"),
    "born_on": ("date", "出生日期"),
    "card_no": ("text", "残疾人证号"),
    "case_no": ("text", "业务编号（救助家庭或个人待遇）"),
    "certificate_no": ("text", "结婚证字号"),
    "clears_it_zh": ("text", "何种材料可以消除疑点"),
    "company_count": ("bigint", "在营企业数"),
    "days_old": ("integer", "距业务日期的天数"),
    "death_delivery_id": ("text", "死亡信息所在交付"),
    "death_feed": ("text", "死亡信息来源"),
    "death_line_number": ("integer", "死亡信息所在行"),
    "declared_income_yuan": ("numeric(14,2)", "申报月收入（元）"),
    "declared_monthly_income_yuan": ("numeric(14,2)", "申报家庭月收入（元）"),
    "delivery_id": ("text", "来源交付编号"),
    "detail": ("text", "补充说明：车辆类型、房屋用途、任职角色"),
    "died_on": ("date", "死亡日期"),
    "disability_category": ("text", "残疾类别（1 至 7）"),
    "disability_level": ("smallint", "残疾等级（1 最重，4 最轻）"),
    "division_code": ("text", "行政区划代码（6 位）"),
    "dwelling_count": ("bigint", "住房套数"),
    "ended_by": ("text", "婚姻终止原因：divorce 离婚，death 死亡，revoked 撤销"),
    "ended_delivery_id": ("text", "终止信息所在交付"),
    "ended_feed": ("text", "终止信息来源"),
    "ended_line_number": ("integer", "终止信息所在行"),
    "ended_on": ("date", "终止日期（不含当日）"),
    "entered_on": ("date", "入住日期"),
    "entitlement_no": ("text", "个人待遇编号"),
    "evidence": ("jsonb", "依据：事实与来源行，号码已脱敏"),
    "fee_source": ("text", "费用来源"),
    "false_positives_zh": ("text", "可能的误判"),
    "feed": ("text", "来源（数据流）"),
    "finding_id": ("text", "疑点编号，各次运行不变"),
    "first_on": ("date", "起始日期"),
    "first_paid_on": ("date", "首次发放日期"),
    "first_seen_generation": ("integer", "首次出现的发布世代"),
    "hits": ("bigint", "命中数"),
    "household_no": ("text", "户号"),
    "household_type": ("text", "户口性质：urban 城镇，rural 农村"),
    "husband_name": ("text", "男方姓名"),
    "husband_resident_id": ("bigint", "男方居民编号"),
    "id_number": ("text", "公民身份号码"),
    "id_number_note": ("text", "证件号码的问题说明"),
    "income_kind": ("text", "收入种类：wage 工资，pension 养老金"),
    "income_month": ("date", "收入所属月份"),
    "income_per_capita_yuan": ("numeric(14,2)", "人均月收入（元）"),
    "income_sources": ("jsonb", "收入来源行"),
    "income_yuan": ("numeric(14,2)", "家庭月收入（元）"),
    "institution_code": ("text", "养老机构代码"),
    "insurance_type": ("text", "险种"),
    "is_active": ("boolean", "在业务日期是否有效"),
    "is_covered": ("boolean", "是否保障对象"),
    "is_in_force": ("boolean", "是否有效（正常、现势、存续）"),
    "is_paid": ("boolean", "是否有成立的发放（成功或补发）"),
    "is_public_payroll": ("boolean", "是否财政供养"),
    "is_registered": ("boolean", "现在是否在常住人口登记中"),
    "is_stale": ("boolean", "是否超过时限"),
    "is_valid": ("boolean", "证件在业务日期是否有效"),
    "issued_on": ("date", "签发日期"),
    "item_no": ("text", "号牌、不动产单元号或统一社会信用代码"),
    "last_business_date": ("date", "数据到达的业务日期"),
    "last_delivery_id": ("text", "最近一次交付编号"),
    "last_on": ("date", "截止日期"),
    "last_paid_on": ("date", "末次发放日期"),
    "left_on": ("date", "离院日期"),
    "legal_basis": ("text", "法规依据"),
    "line_number": ("integer", "来源行号"),
    "masked_id_number": ("text", "脱敏的公民身份号码"),
    "member_count": ("bigint", "成员数"),
    "member_no": ("integer", "成员序号"),
    "monthly_amount_yuan": ("numeric(14,2)", "月保障金额（元）"),
    "name": ("text", "姓名"),
    "not_assessable": ("bigint", "因数据缺失或过期不能判断的对象数"),
    "outcome": ("text", "结果：hit 命中，not_assessable 不能判断"),
    "owner_zh": ("text", "负责科室"),
    "paid_yuan": ("numeric(14,2)", "成立的发放金额（元）"),
    "payee_resident_id": ("bigint", "领款人居民编号"),
    "property_kind": ("text", "财产种类：vehicle，dwelling，other_real_estate，company_role"),
    "registered_household_no": ("text", "常住人口登记户号"),
    "registered_on": ("date", "登记日期"),
    "relation": ("text", "与申请人关系"),
    "relation_code": ("text", "与户主关系（GB/T 4761）"),
    "resident_id": ("bigint", "居民编号；空值表示未能确认身份"),
    "resolved_member_count": ("bigint", "已确认身份的成员数"),
    "returned_count": ("bigint", "退回笔数"),
    "rule_code": ("text", "规则代码"),
    "severity": ("text", "程度：red 法规不允许，yellow 需要核查"),
    "sex_code": ("text", "性别（GB/T 2261.1：1 男，2 女）"),
    "share": ("numeric(9,6)", "份额（0 至 1）"),
    "sources": ("jsonb", "来源行：feed，delivery_id，line_number"),
    "standard_multiple": ("numeric(10,4)", "人均月收入与适用标准之比"),
    "standard_yuan": ("numeric(14,2)", "适用的月保障标准（元）"),
    "standing_count": ("bigint", "成立的发放笔数"),
    "started_on": ("date", "起始日期"),
    "status": ("text", "规则状态"),
    "stay_no": ("text", "入住编号"),
    "stopped_on": ("date", "停保日期"),
    "subject": ("text", "规则对象"),
    "subject_resident_id": ("bigint", "疑点所指居民编号"),
    "title_zh": ("text", "中文名称"),
    "urban_rural": ("text", "城乡：urban 城镇，rural 农村"),
    "valid_from": ("date", "有效起（含当日）"),
    "valid_to": ("date", "有效止（不含当日）；空值表示至今"),
    "valid_until": ("date", "证件有效期至"),
    "value_yuan": ("numeric(14,2)", "价值（元）"),
    "vehicle_count": ("bigint", "机动车数"),
    "vehicle_value_yuan": ("numeric(14,2)", "机动车评估价合计（元）"),
    "wife_name": ("text", "女方姓名"),
    "wife_resident_id": ("bigint", "女方居民编号"),
}

# Table: Chinese title, columns, columns looked up by.
TABLES = {
    "resident": (
        "居民主数据",
        """
        resident_id id_number masked_id_number name sex_code born_on died_on death_feed death_delivery_id
        death_line_number division_code household_type is_registered registered_household_no feed
        delivery_id line_number
        """,
        "resident_id id_number",
    ),
    "registered_household_member": (
        "户籍家庭成员",
        "household_no resident_id relation_code valid_from valid_to delivery_id line_number",
        "resident_id household_no",
    ),
    "marriage_spell": (
        "婚姻存续期",
        """
        certificate_no husband_resident_id wife_resident_id husband_name wife_name registered_on ended_on
        ended_by delivery_id line_number ended_feed ended_delivery_id ended_line_number
        """,
        "husband_resident_id wife_resident_id",
    ),
    "aid_household": (
        "救助家庭",
        """
        aid_household_no aid_type_code urban_rural division_code applied_on approved_on stopped_on is_active
        applicant_marital_status declared_monthly_income_yuan monthly_amount_yuan account_no
        authorization_no authorized_from authorized_to member_count delivery_id line_number
        """,
        "aid_household_no",
    ),
    "aid_household_member": (
        "救助家庭成员",
        """
        aid_household_no member_no resident_id name id_number_note relation is_covered declared_income_yuan
        valid_from valid_to delivery_id line_number
        """,
        "aid_household_no resident_id",
    ),
    "entitlement": (
        "个人待遇",
        """
        entitlement_no benefit_code resident_id name id_number_note division_code started_on ended_on
        account_no is_active delivery_id line_number
        """,
        "resident_id",
    ),
    "benefit_month": (
        "待遇月份：每项业务、每个所属月份的发放结果",
        """
        case_no aid_household_no entitlement_no benefit_code benefit_month is_paid paid_yuan standing_count
        returned_count first_paid_on last_paid_on account_no division_code payee_resident_id sources
        """,
        "aid_household_no",
    ),
    "benefit_month_person": (
        "待遇月份按人：已发放的所属月份落到每个受保障的人",
        "resident_id benefit_code benefit_month case_no aid_household_no division_code paid_yuan sources",
        "resident_id",
    ),
    "eldercare_stay": (
        "养老机构入住",
        """
        stay_no resident_id institution_code bed_code entered_on left_on ability_level fee_source
        delivery_id line_number
        """,
        "resident_id",
    ),
    "disability_card": (
        "残疾人证",
        """
        card_no resident_id name disability_category disability_level issued_on valid_until is_valid delivery_id
        line_number
        """,
        "resident_id",
    ),
    "income_item": (
        "收入项目",
        """
        resident_id income_kind insurance_type income_month amount_yuan is_public_payroll delivery_id
        line_number
        """,
        "resident_id",
    ),
    "property_item": (
        "财产项目",
        """
        resident_id property_kind item_no detail value_yuan share is_in_force acquired_on feed delivery_id
        line_number
        """,
        "resident_id",
    ),
    "household_means": (
        "救助家庭经济状况",
        """
        aid_household_no member_count resolved_member_count income_yuan income_per_capita_yuan standard_yuan
        standard_multiple vehicle_count vehicle_value_yuan dwelling_count company_count income_sources
        """,
        "aid_household_no",
    ),
    "source_freshness": (
        "各来源的数据时效",
        "feed title_zh last_business_date last_delivery_id days_old is_stale",
        "",
    ),
    "finding": (
        "疑点",
        """
        finding_id rule_code subject_resident_id aid_household_no division_code first_on last_on outcome
        severity amount_yuan evidence first_seen_generation
        """,
        "aid_household_no subject_resident_id rule_code",
    ),
    "coverage": ("规则覆盖面", "rule_code division_code assessed hits not_assessable", ""),
    "anomaly_rule": (
        "规则目录",
        "rule_code title_zh severity subject assertion_zh legal_basis false_positives_zh clears_it_zh owner_zh status",
        "",
    ),
}

POINTER = """
create table pub.current_generation (
    is_only_row boolean primary key default true check (is_only_row),
    generation integer not null references ops.generation,
    moved_at timestamptz not null default now()
);
comment on table pub.current_generation is '指针：读者所见的发布世代，最多一行；没有行表示尚未发布';

create view pub.current_release as
select generation.generation, generation.business_date, generation.published_at
from pub.current_generation
inner join ops.generation using (generation);
comment on view pub.current_release is '读者所见的发布世代及其业务日期';
comment on column pub.current_release.generation is '发布世代';
comment on column pub.current_release.business_date is '业务日期：数据所反映的日子';
comment on column pub.current_release.published_at is '发布时间';

-- Views of other schemas inherit the Chinese comments of the columns they pass on.
create function pub.describe_columns(target_schema text) returns void
language plpgsql set search_path = '' as $$
declare
    passed_on record;
begin
    for passed_on in
        select distinct on (target.attrelid, target.attnum)
            target.attrelid::regclass::text as relation,
            target.attname as column_name,
            described.description
        from pg_catalog.pg_attribute as target
        inner join pg_catalog.pg_class as view on view.oid = target.attrelid and view.relkind = 'v'
        inner join pg_catalog.pg_attribute as source on source.attname = target.attname
        inner join pg_catalog.pg_class as served
            on served.oid = source.attrelid and served.relname like 'current\_%'
            and served.relnamespace = 'pub'::regnamespace
        inner join pg_catalog.pg_description as described
            on described.objoid = source.attrelid and described.objsubid = source.attnum
        where view.relnamespace = target_schema::regnamespace
            and target.attnum > 0
            and pg_catalog.col_description(target.attrelid, target.attnum) is null
    loop
        execute format(
            'comment on column %s.%I is %L',
            passed_on.relation, passed_on.column_name, passed_on.description
        );
    end loop;
end $$;
"""


def upgrade() -> None:
    op.execute(POINTER)
    for table in TABLES:
        title, columns, lookups = TABLES[table]
        op.execute(
            served_table(table, title, {name: COLUMNS[name] for name in columns.split()}, lookups.split())
        )


def downgrade() -> None:
    # What is served stands on these tables, so it goes with them.
    for schema in ("api_v1", "analytics"):
        op.execute(f"drop schema {schema} cascade")
        op.execute(f"create schema {schema}")
    for table in TABLES:
        op.execute(f"drop table pub.{table} cascade")
    op.execute("drop table pub.current_generation cascade")
    op.execute("drop function pub.describe_columns")
