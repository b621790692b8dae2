-- finding: what all rules found or could not judge. The id stays the same over runs: it is
-- made of rule, subject and first day; an unresolved subject has no id of its own and is told
-- apart by its case, or by the facts.
with

results as (select * from {{ ref('rule_result') }}),

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
            case
                when subject_resident_id is null and outcome = 'not_assessable' then {{ json_text(steady_facts()) }}
                when subject_resident_id is null and aid_household_no is null then {{ json_text_at(json_part('evidence', 'facts'), 'case_no') }}
            end
        )) as finding_id,
        {{ evidence_digest() }} as evidence_digest
    from results
    where outcome in ('hit', 'not_assessable')
),

-- Each by itself, and then joined at once: joined finding by finding, every mention is read for each.
sources as materialized (
    select
        identified.finding_id,
        identified.subject_resident_id,
        {{ json_text_at('source', 'delivery_id') }} as delivery_id,
        ({{ json_text_at('source', 'line_number') }})::integer as line_number
    from identified
    cross join lateral {{ json_items(json_part('identified.evidence', 'sources')) }} as listed (source)
    where identified.outcome = 'hit'
),

cited as (
    select
        sources.finding_id,
        sources.subject_resident_id,
        mentions.feed,
        mentions.resident_id,
        mentions.method,
        mentions.match_score
    from sources
    inner join {{ ref('person_mention') }} as mentions using (delivery_id, line_number)
    where mentions.resident_id is not null and mentions.method is distinct from 'unresolved'
),

-- Whom a finding rests on: its subject; for a household those whom other lines than the
-- household's own and its payments name.
concerned as (
    select distinct
        finding_id,
        resident_id
    from cited
    where
        resident_id = subject_resident_id
        or (subject_resident_id is null and feed not in ('aid_household', 'payment'))
),

-- A finding is as certain as its weakest link: the best one within each feed, the worst of those.
links as (
    select
        finding_id,
        min(best_score) as link_score,
        min(is_known) as is_known
    from (
        select
            cited.finding_id,
            max(case cited.method when 'probabilistic' then cited.match_score else 1 end) as best_score,
            max(case cited.method when 'probabilistic' then 0 else 1 end) as is_known
        from cited
        inner join concerned using (finding_id, resident_id)
        group by cited.finding_id, cited.feed, cited.resident_id
    ) as by_feed
    group by finding_id
),

decisions as (select * from {{ source('ops', 'finding_decision') }}),

decided as (
    {{ distinct_on(
        ['finding_id'], 'finding_id, decision, evidence_digest', 'decisions', ['decision_id desc']
    ) | indent(4) }}
),

-- A conflict of data about the same person makes other rules milder, until an officer has settled it.
softened as (
    select distinct identified.finding_id
    from identified
    inner join rules using (rule_code)
    inner join identified as conflicts
        on
            rules.softened_by = conflicts.rule_code
            and identified.subject_resident_id = conflicts.subject_resident_id
    left join decided
        on
            conflicts.finding_id = decided.finding_id
            and conflicts.evidence_digest = decided.evidence_digest
            and decided.decision in ('cleared', 'dismissed')
    where conflicts.outcome = 'hit' and decided.finding_id is null
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
    -- Only a certain identity may raise red.
    case when softened.finding_id is not null or links.is_known = 0 then 'yellow' else rules.severity end as severity,
    identified.amount_yuan,
    identified.evidence,
    coalesce(published.first_seen_generation, {{ var('generation') }})::integer as first_seen_generation,
    identified.evidence_digest,
    links.link_score::numeric(6, 5) as link_score
from identified
inner join rules using (rule_code)
left join published using (finding_id)
left join links using (finding_id)
left join softened using (finding_id)
