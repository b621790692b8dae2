"""A published town of any size, made by SQL: families of four, every twentieth on dibao."""

import psycopg

from warehouse.publishing.served import PUBLISHED, SPAN_COLUMNS

PEOPLE = "from generate_series(1, %(residents)s) as i"
FAMILIES = "from generate_series(1, %(residents)s, 4) as i"

# Relation and rows, in the order in which they are filled.
ROWS = {
    "marts.resident": f"""(resident_id, id_number, masked_id_number, name, sex_code, born_on, division_code,
        household_type, is_registered)
        select i, body || clean.check_character(body), left(body, 6) || '********' || right(body, 3) || 'X',
            '居民' || i, '1', date '1950-01-01' + i %% 20000, '420203', 'urban', true
        {PEOPLE}, lateral (
            select '420203' || to_char(date '1950-01-01' + i %% 20000, 'YYYYMMDD')
                || lpad((i / 20000 + 1)::text, 3, '0')
        ) as number (body)""",
    "marts.registered_household_member": f"""(household_no, resident_id, relation_code, valid_from)
        select 'H' || (i + 3) / 4, i, '02', '2010-01-01' {PEOPLE}""",
    "marts.marriage_spell": f"""(certificate_no, husband_resident_id, wife_resident_id, husband_name, wife_name,
        registered_on) select 'J' || i, i, i + 1, '居民' || i, '居民' || i + 1, '2005-01-01' {FAMILIES}""",
    "marts.income_item": f"""(resident_id, income_kind, income_month, amount_yuan, feed, delivery_id, line_number)
        select i, 'wage', month, 1000 + i %% 3000, 'social_insurance', 'social_insurance', i
        {PEOPLE}, unnest(array[date '2025-05-01', date '2025-06-01']) as month where i %% 4 in (1, 2)""",
    "marts.property_item": f"""(resident_id, property_kind, item_no, detail, value_yuan, is_in_force, feed, delivery_id,
        line_number) select i, kind, kind || i, 'K', i %% 100000, true, feed, feed, i
        {FAMILIES}, (values ('vehicle', 'vehicle'), ('dwelling', 'real_estate')) as owned (kind, feed)""",
    "marts.aid_household": f"""(aid_household_no, aid_type_code, division_code, is_active, approved_on)
        select 'JZ' || i, 'DB', '420203', true, '2024-01-01' {FAMILIES} where i %% 80 = 1""",
    "marts.aid_household_member": """(aid_household_no, member_no, resident_id, is_covered, valid_from, delivery_id,
        line_number) select 'JZ' || i, place + 1, i + place, true, '2024-01-01', 'd', i
        from generate_series(1, %(residents)s, 80) as i, generate_series(0, 3) as place""",
    "marts.benefit_month_person": """(resident_id, benefit_code, benefit_month, case_no, household_paid_yuan, sources)
        select i + place, 'DB', month::date, 'JZ' || i, 800, '[]'
        from generate_series(1, %(residents)s, 80) as i, generate_series(0, 3) as place,
            generate_series(date '2024-07-01', date '2025-06-01', interval '1 month') as month""",
    "rules.finding": f"""(finding_id, rule_code, subject_resident_id, outcome, severity, evidence)
        select 'f' || i, 'A01', i, 'hit', 'red', '{{"facts": {{}}, "sources": []}}' {FAMILIES} where i %% 100 = 1""",
    "marts.income_window": "values (date '2025-05-01'), (date '2025-06-01')",
    "marts.benefit_standard": "values ('420203', 'DB_URBAN', 800, date '2024-01-01')",
    "marts.source_freshness": """(feed, title_zh, last_business_date, is_stale)
        select feed, feed, current_date, false from unnest(array['population', 'marriage_event', 'aid_household',
            'entitlement', 'payment', 'stay', 'disability_card', 'social_insurance', 'vehicle', 'real_estate',
            'company']) as feed""",
    "rules.anomaly_rule": "(rule_code, title_zh) values ('A01', '死亡后继续发放'), ('D02', '有机动车')",
    "rules.rule_parameter": """(rule_code, parameter, division_code, value, valid_from) values
        ('D02', 'vehicle_value_limit_yuan', '000000', 50000, '2000-01-01'),
        ('D03', 'max_dwellings', '000000', 1, '2000-01-01'),
        ('D04', 'pension_counted_share', '000000', 1, '2000-01-01')""",
    "rules.verification_parameter": """(parameter, value, valid_from) values
        ('report_validity_days', 60, '2000-01-01'), ('release_max_age_days', 7, '2000-01-01')""",
    "rules.verification_code": """(code_list, code, title_zh) values ('purpose', 'application', '新申请核对'),
        ('aid_type', 'DB', '最低生活保障')""",
}  # fmt: skip


def build(connection: psycopg.Connection, residents: int) -> int:
    """Fill the sources of publishing; the number of rows made."""
    for published in PUBLISHED:
        columns = connection.execute(
            "select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)"
            " from pg_attribute where attrelid = %s::regclass and attnum > 0 and attname <> all(%s)",
            [f"pub.{published.name}", list(SPAN_COLUMNS)],
        ).fetchone()
        assert columns
        connection.execute(f"create table {published.source} ({columns[0]})".encode())
        # as dbt makes it on those that are not made anew each day
        if connection.execute("select to_regclass(%s)", [f"pub.{published.name}_key_hash"]).fetchone() != (
            None,
        ):
            key = ", ".join(published.key)
            connection.execute(
                f"create index on {published.source} (hash_record_extended(row({key}), 0))".encode()
            )
    made = 0
    for relation, rows in ROWS.items():
        made += connection.execute(
            f"insert into {relation} {rows}".encode(), {"residents": residents}
        ).rowcount
        connection.execute(f"analyze {relation}".encode())
    return made


def change(connection: psycopg.Connection, percent: int) -> None:
    """Change the rows of a share of the families in every large table, to something new each time."""
    for relation, column, value in (
        ("resident", "resident_id", "household_type = household_type || '.'"),
        ("registered_household_member", "resident_id", "relation_code = relation_code || '.'"),
        ("marriage_spell", "husband_resident_id", "registered_on = registered_on + 1"),
        ("income_item", "resident_id", "amount_yuan = amount_yuan + 1"),
        ("property_item", "resident_id", "value_yuan = value_yuan + 1"),
        ("benefit_month_person", "resident_id", "household_paid_yuan = household_paid_yuan + 1"),
    ):
        chosen = f"abs(hashint8(({column} - 1) / 4)::bigint) %% 100 < %s"
        connection.execute(f"update marts.{relation} set {value} where {chosen}".encode(), [percent])


def family(connection: psycopg.Connection, first: int) -> list[dict[str, str]]:
    """The four members of a family as they would be asked for, consent entered."""
    rows = connection.execute(
        "select name, id_number from marts.resident where resident_id between %s and %s order by resident_id",
        [first, first + 3],
    ).fetchall()
    for _, number in rows:
        connection.execute(
            "insert into ops.authorization (authorization_no, id_number, authorized_from, authorized_to, entered_by)"
            " values (%s, %s, current_date, current_date + 1, 'benchmark')",
            [f"SQ{first}", number],
        )
    relations = ("本人", "配偶", "子女", "子女")
    return [
        {"name": name, "id_number": number, "relation": relation}
        for (name, number), relation in zip(rows, relations, strict=True)
    ]
