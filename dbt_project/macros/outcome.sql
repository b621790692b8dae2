{# How the models of rules end. A rule gives one row per assessed subject, and per unbroken period where
   it hits (docs/adding_a_rule.md). #}

{% macro late_sources(feeds, division=none, where_bound=[]) -%}
{# Which of these feeds did not arrive, or not recently enough, from the senders that cover a division (SQL
   expression): their titles, null where all are current. Then finding nothing means nothing.
   where_bound: feeds asked for only where somebody sends them. Reads the model's import
   `source_freshness_by_division`. Without a division all senders are asked, because cases of other divisions
   matter too; reads the import `source_freshness`. #}
{% set needed -%}
(values {% for feed in feeds + where_bound -%}
    ('{{ feed }}', {{ 'true' if feed in feeds else 'false' }}){{ ', ' if not loop.last }}
{%- endfor %}) as needed (feed, is_needed)
{%- endset -%}
{% set late -%}
{{ texts_in_order('coalesce(known.title_zh, needed.feed)', 'needed.feed') }}
{%- endset -%}
{% set is_late -%}
case
    when known.feed is null then needed.is_needed
    else known.last_delivery_id is null or known.is_stale is true
end
{%- endset -%}
{% if division is none -%}
(
    select {{ late }}
    from {{ needed }}
    left join source_freshness as known using (feed)
    where {{ is_late }}
)
{%- else -%}
{{ json_at(
    '(select ' ~ json_by('division_code', 'late_zh') ~ ' from (
        select places.division_code, ' ~ late ~ ' as late_zh
        from (
            select division_code from source_freshness_by_division
            union select \'000000\'
        ) as places
        cross join ' ~ needed ~ '
        left join source_freshness_by_division as known
            on places.division_code = known.division_code and needed.feed = known.feed
        where ' ~ is_late ~ '
        group by places.division_code
    ) as late_by_division)',
    'case when ' ~ division ~ ' in (select division_code from source_freshness_by_division) then '
    ~ division ~ ' else \'000000\' end'
) }}
{%- endif %}
{%- endmacro %}


{% macro sources_are_current(feeds, division, where_bound=[]) -%}
{{ late_sources(feeds, division, where_bound) }} is null
{%- endmacro %}


{% macro why_not_current(feeds, division=none, where_bound=[]) -%}
{# The reason `source_missing_or_stale` with the late senders behind a colon (`reason_facts` parts them), null where
   all are current. #}
'source_missing_or_stale:' || {{ late_sources(feeds, division, where_bound) }}
{%- endmacro %}


{% macro why_not_assessable(resident_id, feeds, division=none, where_bound=[]) -%}
{# Null where the subject can be judged. #}
case
    when {{ resident_id }} is null then 'identity_unresolved'
    else {{ why_not_current(feeds, division, where_bound) }}
end
{%- endmacro %}


{% macro reason_facts(reason) -%}
{# The facts of a reason, for `evidence`. #}
{% set doubts = {
    'reason': "split_part(" ~ reason ~ ", ':', 1)",
    'late_sources': "nullif(split_part(" ~ reason ~ ", ':', 2), '')",
} -%}
{{ return(doubts) }}
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
    {{ capped('case when is_hit then ' ~ amount_yuan ~ ' end') | indent(4) }} as amount_yuan,
    {% set doubts = reason_facts('reason') -%}
    {% do doubts.update(unknown if unknown is not none else {
        'member_no': 'case when resident_id is null then member_no end'
    }) -%}
    case
        when is_hit then {{ evidence(facts, sources) }}
        when reason is not null then {{ evidence(doubts, sources) }}
    end as evidence
from {{ judged }}
{%- endmacro %}


{% macro month_findings(
    facts, judged_months='judged_months', unknown='case when aid_household_no is null then case_no end'
) -%}
{# The end of a rule that judges months: unbroken runs of hit months become periods.
   judged_months: a CTE, one row per subject, case and paid month, with resident_id,
   aid_household_no, case_no, division_code, benefit_month, amount_yuan (without right),
   is_hit (never null), reason (why it cannot be judged) and sources;
   facts: {key: aggregate over the hit months of a period}; unknown: what tells one unresolved subject
   from another, by default the case where it is no household's. #}
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
        case when resident_id is null then {{ unknown }} end as case_no,
        max(division_code) as division_code,
        max(reason) as reason
    from {{ judged_months }}
    group by
        resident_id,
        aid_household_no,
        case when resident_id is null then {{ unknown }} end
    having max(is_hit::int) = 0
)

select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    first_month as first_on,
    {{ month_end('last_month') }} as last_on,
    'hit' as outcome,
    {{ capped('amount_yuan') | indent(4) }} as amount_yuan,
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
    {% set doubts = reason_facts('reason') -%}
    {% do doubts.update({'case_no': 'case_no'}) -%}
    case when reason is not null then {{ evidence(doubts, []) }} end
from others
{%- endmacro %}
