{# What the rule models share. A rule model gives one row per assessed subject, and per
   unbroken period where it hits (docs: adding a rule). #}

{% macro rule_models() -%}
{# The rules in force, in the order of the catalogue; a test holds this list, the seed
   anomaly_rule and the folder models/rules together. #}
{{ return([
    'a01_paid_after_death',
    'a02_in_care_after_death',
    'a03_cremated_twice',
    'a04_active_after_death',
    'a05_death_dates_differ',
    'b01_dibao_in_two_districts',
    'b02_dibao_and_tekun',
    'b03_two_care_subsidies',
    'b04_orphan_and_living_subsidy',
    'b05_home_care_while_in_institution',
    'b06_tekun_and_disability_subsidy',
    'b07_one_account_many_households',
    'c01_spouse_not_declared',
    'c02_divorced_before_approval',
    'c03_overlapping_marriages',
    'c04_member_of_two_households',
    'c05_married_under_age',
    'c06_marital_status_differs',
    'd01_company_in_operation',
    'd02_vehicle_above_limit',
    'd03_more_than_one_dwelling',
    'd04_income_above_standard',
    'd05_on_public_payroll',
    'e01_old_age_allowance_too_young',
    'e02_care_subsidy_without_card',
    'e03_paid_after_stop',
    'e04_amount_differs',
    'e05_orphan_support_past_age',
    'e06_paid_twice',
    'e07_paid_to_invalid_number',
    'f01_old_age_allowance_missed',
    'f02_care_subsidy_missed',
    'f03_living_subsidy_missed',
    'f04_household_in_hardship_missed',
    'g01_no_live_authorization',
    'g02_review_overdue',
    'g03_emergency_aid_late',
]) }}
{%- endmacro %}


{% macro business_date() -%}
'{{ var("business_date") }}'::date
{%- endmacro %}


{% macro sources_are_current(feeds) -%}
{# Did every one of these feeds arrive, and recently enough? If not, finding nothing means nothing. #}
(
    select count(*) = {{ feeds | length }}
    from {{ ref('source_freshness') }} as freshness
    where
        freshness.feed in ('{{ feeds | join("', '") }}')
        and freshness.last_delivery_id is not null
        and freshness.is_stale is not true
)
{%- endmacro %}


{# -- evidence ----------------------------------------------------------------------- #}

{% macro source_line(alias, feed, prefix='') -%}
{# Where a row comes from: feed (SQL expression), delivery and line; null where there is no row.
   alias: the relation, none where the query has only one. #}
{% set column = (alias ~ '.' if alias else '') ~ prefix -%}
case when {{ column }}delivery_id is not null then {{ json_object({
    'feed': feed,
    'delivery_id': column ~ 'delivery_id',
    'line_number': column ~ 'line_number',
}) }} end
{%- endmacro %}


{% macro evidence(facts, sources) -%}
{# facts: dictionary {key: SQL expression}, never a name, a bare number or an account; what a sender
   numbered or coded may hold a number all the same, and is masked. sources: SQL expressions, each a
   source line or a list of them. #}
{{ json_object({'facts': json_masked(json_object(facts)), 'sources': json_flatten(json_list(sources))}) }}
{%- endmacro %}


{% macro evidence_digest() -%}
{# What a decision on a finding was about: period, amount and facts, and which feeds speak. Not the
   lines (the same record delivered again is no news), nor facts that move with the calendar. #}
md5(concat_ws(
    '|',
    first_on::text,
    last_on::text,
    amount_yuan::text,
    ((evidence -> 'facts') - 'income_month')::text,
    {{ json_distinct("evidence -> 'sources'", 'feed') }}
))
{%- endmacro %}


{# -- months ------------------------------------------------------------------------- #}

{% macro month_start(day) -%}
date_trunc('month', {{ day }})::date
{%- endmacro %}


{% macro month_end(month) -%}
({{ month }} + interval '1 month - 1 day')::date
{%- endmacro %}


{% macro month_island(partition_by, month) -%}
{# Window expression, equal for months that follow one another without a gap. #}
{{ month }} - dense_rank() over (
    partition by {{ partition_by | join(', ') }} order by {{ month }}
) * interval '1 month'
{%- endmacro %}


{# -- members ------------------------------------------------------------------------ #}

{% macro active_dibao_members(covered_only=true) -%}
{# Members of the dibao households that are active on the business date, each person once. #}
{{ distinct_on(
    ['household.aid_household_no', 'coalesce(member.resident_id, -member.member_no)'],
    'household.aid_household_no, household.approved_on, household.urban_rural, household.division_code, '
        ~ 'member.member_no, member.resident_id, member.relation, member.name, '
        ~ 'member.delivery_id, member.line_number',
    ref('aid_household') ~ ' as household inner join ' ~ ref('aid_household_member')
        ~ ' as member on household.aid_household_no = member.aid_household_no'
        ~ " where household.aid_type_code = 'DB' and household.is_active and member.valid_to is null"
        ~ (' and member.is_covered is not false' if covered_only else ''),
    ['member.member_no']
) }}
{%- endmacro %}


{# -- marriages ---------------------------------------------------------------------- #}

{% macro marriages_by_person() -%}
{# Each registered marriage once for the husband and once for the wife; a revoked one never was. #}
{% for side, other in [('husband', 'wife'), ('wife', 'husband')] -%}
select
    {{ side }}_resident_id as resident_id,
    {{ side }}_name as name,
    '{{ side }}' as side,
    {{ other }}_resident_id as spouse_resident_id,
    {{ other }}_name as spouse_name,
    certificate_no,
    registered_on,
    ended_on,
    ended_by,
    {{ source_line(none, "'marriage_event'") }} as source_line,
    {{ source_line(none, 'ended_feed', 'ended_') }} as ended_source_line
from {{ ref('marriage_spell') }}
where ended_by is distinct from 'revoked'
{% if not loop.last -%}
union all
{% endif -%}
{% endfor -%}
{%- endmacro %}


{# -- outcome ------------------------------------------------------------------------ #}

{% macro why_not_assessable(resident_id, feeds) -%}
{# Null where the subject can be judged. #}
case
    when {{ resident_id }} is null then 'identity_unresolved'
    when not {{ sources_are_current(feeds) }} then 'source_missing_or_stale'
end
{%- endmacro %}


{% macro outcome(is_hit, reason) -%}
case when {{ is_hit }} then 'hit' when {{ reason }} is not null then 'not_assessable' else 'clear' end
{%- endmacro %}


{% macro subject_findings(
    facts, sources, first_on, last_on='null::date', amount_yuan='null::numeric', unknown=none, judged='judged'
) -%}
{# The end of a rule that judges a subject once. judged: a CTE, one row per subject (per period where
   it hits), with resident_id, aid_household_no, division_code, is_hit (never null), reason (why it
   cannot be judged) and what the expressions read; facts, sources: see `evidence`; unknown: facts
   that tell one unresolved subject from another, by default the member's number. #}
select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    case when is_hit then {{ first_on }} end as first_on,
    case when is_hit then {{ last_on }} end as last_on,
    {{ outcome('is_hit', 'reason') }} as outcome,
    case when is_hit then {{ amount_yuan }} end::numeric(14, 2) as amount_yuan,
    {% set doubts = {'reason': 'reason'} -%}
    {% do doubts.update(unknown if unknown is not none else {
        'member_no': 'case when resident_id is null then member_no end'
    }) -%}
    case
        when is_hit then {{ evidence(facts, sources) }}
        when reason is not null then {{ evidence(doubts, sources) }}
    end as evidence
from {{ judged }}
{%- endmacro %}


{# -- judged months ------------------------------------------------------------------ #}

{% macro month_findings(judged_months, facts) -%}
{# The end of a rule that judges months: unbroken runs of hit months become periods.
   judged_months: a CTE, one row per subject, case and paid month, with resident_id,
   aid_household_no, case_no, division_code, benefit_month, amount_yuan (without right),
   is_hit (never null), reason (why it cannot be judged) and sources;
   facts: {key: aggregate over the hit months of a period}. #}
hit_months as (
    select
        *,
        {{ month_island(['resident_id', 'aid_household_no'], 'benefit_month') }} as island
    from {{ judged_months }}
    where is_hit
),

hits as (
    select
        resident_id,
        aid_household_no,
        max(division_code) as division_code,
        min(benefit_month) as first_month,
        max(benefit_month) as last_month,
        count(distinct benefit_month) as month_count,
        sum(amount_yuan) as amount_yuan,
        {% for key, value in facts.items() -%}
        {{ value }} as {{ key }},
        {% endfor -%}
        {{ json_collect('sources', 'benefit_month, case_no') }} as sources
    from hit_months
    group by resident_id, aid_household_no, island
),

others as (
    select
        resident_id,
        aid_household_no,
        case when resident_id is null and aid_household_no is null then case_no end as case_no,
        max(division_code) as division_code,
        max(reason) as reason
    from {{ judged_months }}
    group by
        resident_id,
        aid_household_no,
        case when resident_id is null and aid_household_no is null then case_no end
    having max(is_hit::int) = 0
)

select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    first_month as first_on,
    {{ month_end('last_month') }} as last_on,
    'hit' as outcome,
    amount_yuan::numeric(14, 2) as amount_yuan,
    {% set named = {'month_count': 'month_count'} -%}
    {% for key in facts -%}{% do named.update({key: key}) %}{% endfor -%}
    {{ evidence(named, ['sources']) }} as evidence
from hits
union all
select
    resident_id,
    aid_household_no,
    division_code,
    null::date,
    null::date,
    {{ outcome('false', 'reason') }},
    null::numeric(14, 2),
    case when reason is not null then {{ evidence({'reason': 'reason', 'case_no': 'case_no'}, []) }} end
from others
{%- endmacro %}


{% macro paid_out_of_age(benefit_codes, age_years, wrong_side, fact) -%}
{# A benefit is paid for a month before (<) or after (>) the month in which the person reaches an
   age. age_years: SQL expression, may read `divisions.division_code`. #}
with

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code in ('{{ benefit_codes | join("', '") }}')
),

residents as (select * from {{ ref('resident') }}),

-- Once per division, not per payment: the planner would put it back.
limits as materialized (
    select
        coalesce(divisions.division_code, '') as division_key,
        {{ age_years }}::int * interval '1 year' as age
    from (select distinct division_code from paid_months) as divisions
),

of_age as (
    select
        paid_months.*,
        residents.born_on,
        {{ source_line('residents', 'residents.feed') }} as resident_source,
        {{ month_start('(residents.born_on + limits.age)') }} as reached_month
    from paid_months
    inner join limits on coalesce(paid_months.division_code, '') = limits.division_key
    left join residents using (resident_id)
),

judged_months as (
    select
        resident_id,
        null::text as aid_household_no,
        case_no,
        division_code,
        benefit_month,
        paid_share_yuan as amount_yuan,
        reached_month,
        {{ json_list(['sources', 'resident_source']) }} as sources,
        coalesce(benefit_month {{ wrong_side }} reached_month, false) as is_hit,
        coalesce(
            {{ why_not_assessable('resident_id', ['payment']) }},
            case when born_on is null then 'birth_date_unknown' end
        ) as reason
    from of_age
),

{{ month_findings('judged_months', facts={fact: "to_char(max(reached_month), 'YYYY-MM')"}) }}
{%- endmacro %}


{# -- two benefits in one month ------------------------------------------------------- #}

{% macro paid_on_both_sides(benefit_codes, side) -%}
{# A person is paid for the same month on both sides. side: SQL expression over `paid`
   (benefit_month_person) that names the side a payment stands on, for example its district.
   The smaller sum is the one paid without right; a household's money counts by head. #}
with

paid_months as (
    select
        paid.resident_id,
        paid.name,
        paid.aid_household_no,
        paid.case_no,
        paid.division_code,
        paid.benefit_month,
        paid.sources,
        household.approved_on,
        {{ side }} as side,
        paid.paid_share_yuan
    from {{ ref('benefit_month_person') }} as paid
    left join {{ ref('aid_household') }} as household on paid.aid_household_no = household.aid_household_no
    where paid.benefit_code in ('{{ benefit_codes | join("', '") }}')
),

-- Of two households the later one is named.
subjects as (
    {{ distinct_on(
        ['resident_id'],
        'resident_id, aid_household_no, division_code',
        'paid_months where resident_id is not null',
        ['approved_on desc nulls last', 'benefit_month desc', 'case_no desc', 'division_code']
    ) | indent(4) }}
),

side_months as (
    select
        resident_id,
        benefit_month,
        side,
        min(case_no) as case_no,
        sum(paid_share_yuan) as side_yuan
    from paid_months
    where resident_id is not null and side is not null
    group by resident_id, benefit_month, side
),

hit_months as (
    select
        resident_id,
        benefit_month,
        {{ month_island(['resident_id'], 'benefit_month') }} as island,
        min(side) as side,
        max(side) as other_side,
        min(case_no) as case_no,
        max(case_no) as other_case_no,
        sum(side_yuan) - max(side_yuan) as amount_yuan
    from side_months
    group by resident_id, benefit_month
    having count(*) > 1
),

hit_sources as (
    select
        hit_months.resident_id,
        hit_months.island,
        {{ json_collect('paid_months.sources', 'paid_months.benefit_month, paid_months.case_no') }} as sources
    from hit_months
    inner join paid_months using (resident_id, benefit_month)
    group by hit_months.resident_id, hit_months.island
),

hit_periods as (
    select
        resident_id,
        island,
        min(benefit_month) as first_month,
        max(benefit_month) as last_month,
        count(*) as month_count,
        min(side) as side,
        max(other_side) as other_side,
        min(case_no) as case_no,
        max(other_case_no) as other_case_no,
        sum(amount_yuan) as amount_yuan
    from hit_months
    group by resident_id, island
),

unresolved as (
    select
        case_no,
        max(aid_household_no) as aid_household_no,
        max(division_code) as division_code
    from paid_months
    where resident_id is null
    group by case_no
),

-- Whoever is paid on the other side and cannot be resolved may be the same person.
namesakes as (
    select distinct known.resident_id
    from paid_months as known
    inner join paid_months as unknown using (name, benefit_month)
    where known.resident_id is not null and unknown.resident_id is null and known.side <> unknown.side
),

judged as (
    select
        subjects.*,
        hit_periods.island,
        coalesce(
            {{ why_not_assessable('subjects.resident_id', ['payment', 'entitlement', 'aid_household']) }},
            case when namesakes.resident_id is not null then 'unresolved_namesake' end
        ) as reason
    from subjects
    left join hit_periods using (resident_id)
    left join namesakes using (resident_id)
)

select
    judged.resident_id as subject_resident_id,
    judged.aid_household_no,
    judged.division_code,
    hit_periods.first_month as first_on,
    {{ month_end('hit_periods.last_month') }} as last_on,
    {{ outcome('judged.island is not null', 'judged.reason') }} as outcome,
    hit_periods.amount_yuan::numeric(14, 2) as amount_yuan,
    case
        when judged.island is not null then {{ evidence({
            'month_count': 'hit_periods.month_count',
            'side': 'hit_periods.side',
            'other_side': 'hit_periods.other_side',
            'case_no': 'hit_periods.case_no',
            'other_case_no': 'hit_periods.other_case_no',
        }, ['hit_sources.sources']) }}
        when judged.reason is not null then {{ evidence({'reason': 'judged.reason'}, []) }}
    end as evidence
from judged
left join hit_periods using (resident_id, island)
left join hit_sources using (resident_id, island)
union all
select
    null::bigint,
    aid_household_no,
    division_code,
    null::date,
    null::date,
    'not_assessable',
    null::numeric(14, 2),
    {{ evidence({'reason': "'identity_unresolved'", 'case_no': 'case_no'}, []) }}
from unresolved
{%- endmacro %}


{% macro support_by_person(benefit_codes) -%}
{# Who draws or drew one of these benefits or tekun, which excludes them: is_active now, ended_on last. #}
select
    resident_id,
    max(is_active::int) = 1 as is_active,
    max(ended_on) as ended_on
from (
    select
        resident_id,
        is_active,
        ended_on
    from {{ ref('entitlement') }}
    where benefit_code in ('{{ benefit_codes | join("', '") }}')
    union all
    select
        members.resident_id,
        households.is_active and members.valid_to is null,
        coalesce(members.valid_to, households.stopped_on)
    from {{ ref('aid_household') }} as households
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    where households.aid_type_code = 'TK' and members.is_covered is not false
) as support
where resident_id is not null
group by resident_id
{%- endmacro %}


{% macro shares_name_and_division(person, line, name='name') -%}
{# May a line whose person cannot be resolved be about this resident? Where somebody lives may not be known. #}
{{ person }}.name = {{ line }}.{{ name }}
and coalesce({{ person }}.division_code = {{ line }}.division_code, true)
{%- endmacro %}


{% macro possible_deaths() -%}
{# Deaths whose person cannot be resolved, by each resident who shares name and division: he or she
   may be the one who died. #}
select
    persons.resident_id,
    deaths.feed,
    deaths.died_on,
    deaths.division_code,
    {{ source_line('deaths', 'deaths.feed') }} as source
from {{ ref('resident') }} as persons
inner join {{ ref('int_deaths') }} as deaths
    on {{ shares_name_and_division('persons', 'deaths') }}
where deaths.resident_id is null
{%- endmacro %}


{% macro unresolved_namesakes(benefit_codes, or_tekun=false) -%}
{# Who shares name and division with a line whose person is not resolved: he or she may draw the
   benefit already, or be dead, and is not judged. #}
select residents.resident_id
from {{ ref('resident') }} as residents
inner join {{ ref('entitlement') }} as entitlements
    on {{ shares_name_and_division('residents', 'entitlements') }}
where
    entitlements.resident_id is null
    and entitlements.is_active
    and entitlements.benefit_code in ('{{ benefit_codes | join("', '") }}')
{% if or_tekun -%}
union
select residents.resident_id
from {{ ref('aid_household_member') }} as members
inner join {{ ref('aid_household') }} as households using (aid_household_no)
inner join {{ ref('resident') }} as residents
    on members.name = residents.name and coalesce(residents.division_code = households.division_code, true)
where
    members.resident_id is null
    and members.valid_to is null
    and members.is_covered is not false
    and households.aid_type_code = 'TK'
    and households.is_active
{% endif -%}
union
select resident_id
from ({{ possible_deaths() }}) as deaths
{%- endmacro %}


{% macro missed_yuan(benefit_codes, standard_code, division, resident_id, from_day) -%}
{# What a benefit that was not drawn would have come to: the standards in force on the first of each
   month from a day to the business date, the last months (parameter) at most, without those for which
   the resident was paid one of these benefits all the same. Null where the division has no standard.
   All arguments after the first are SQL expressions of the row. #}
(
    select sum(standards.amount_yuan)
    from (
        {{ months_between(
            'greatest(' ~ month_start(from_day) ~ ', ' ~ month_start(business_date()) ~ ' - ('
                ~ rule_parameter('*', 'missed_months', division) ~ '::int - 1) * interval \'1 month\')',
            month_start(business_date())
        ) }}
    ) as months
    inner join {{ ref('benefit_standard') }} as standards
        on {{ is_in_force('standards', 'months.month') }}
    where
        standards.division_code = {{ division }}
        and standards.standard_code = {{ standard_code }}
        and not exists (
            select 1 from {{ ref('benefit_month_person') }} as paid
            where
                paid.resident_id = {{ resident_id }}
                and paid.benefit_month = months.month
                and paid.benefit_code in ('{{ benefit_codes | join("', '") }}')
        )
)
{%- endmacro %}


{% macro latest_income_month(items) -%}
{# The latest month the source really reaches: a few lines sent early for the next month do not
   make everybody else's income vanish. #}
select max(income_month) as income_month
from (
    select
        income_month,
        count(*) as line_count,
        max(count(*)) over () as most_lines
    from {{ items }}
    group by income_month
) as months
where line_count * 2 >= most_lines
{%- endmacro %}
