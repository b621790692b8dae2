-- finding: what all rules found or could not judge. The id stays the same over runs: it is
-- made of rule, subject and first day; an unresolved subject has no id of its own and is told
-- apart by the facts.
with

results as (
    {{ rule_results([
        'subject_resident_id',
        'aid_household_no',
        'division_code',
        'first_on',
        'last_on',
        'outcome',
        'amount_yuan',
        'evidence',
    ]) | indent(4) }}
),

rules as (select * from {{ ref('anomaly_rule') }}),

published as (
    select
        finding_id,
        min(from_generation) as first_seen_generation
    from {{ source('pub', 'finding') }}
    group by finding_id
),

identified as (
    select
        *,
        md5(concat_ws(
            '|',
            rule_code,
            coalesce(subject_resident_id::text, ''),
            coalesce(aid_household_no, ''),
            coalesce(first_on::text, ''),
            case when subject_resident_id is null and outcome = 'not_assessable' then evidence ->> 'facts' end
        )) as finding_id
    from results
    where outcome in ('hit', 'not_assessable')
),

-- A finding is as certain as its weakest link: where all lines of one feed know the person by
-- inference only, it cannot be red.
inferred as (
    select distinct finding_id
    from (
        select
            identified.finding_id,
            mentions.feed,
            min(case mentions.method when 'probabilistic' then 1 else 0 end) as is_inferred
        from identified
        cross join lateral jsonb_array_elements(identified.evidence -> 'sources') as source
        inner join {{ ref('person_mention') }} as mentions
            on source ->> 'delivery_id' = mentions.delivery_id
            and (source ->> 'line_number')::integer = mentions.line_number
            and identified.subject_resident_id = mentions.resident_id
        where identified.outcome = 'hit'
        group by identified.finding_id, mentions.feed
    ) as by_feed
    where is_inferred = 1
)

select
    identified.finding_id,
    identified.rule_code,
    identified.subject_resident_id,
    identified.aid_household_no,
    identified.division_code,
    identified.first_on,
    identified.last_on,
    identified.outcome,
    case when inferred.finding_id is not null then 'yellow' else rules.severity end as severity,
    identified.amount_yuan,
    identified.evidence,
    coalesce(published.first_seen_generation, {{ var('generation') }})::integer as first_seen_generation
from identified
inner join rules using (rule_code)
left join published using (finding_id)
left join inferred using (finding_id)
