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
    rules.severity,
    identified.amount_yuan,
    identified.evidence,
    coalesce(published.first_seen_generation, {{ var('generation') }})::integer as first_seen_generation
from identified
inner join rules using (rule_code)
left join published using (finding_id)
