-- Findings on residents, and on households as a whole, that rest on opened sources alone.
create or replace function verification.findings_on(
    resident_ids bigint[], household_nos text[], at_generation integer, open_feeds text[]
) returns table (
    rule_code text, finding_id text, subject_resident_id bigint, aid_household_no text, outcome text, severity text,
    first_on date, last_on date, amount_yuan numeric, evidence jsonb
)
language sql stable as $$
select
    finding.rule_code,
    finding.finding_id,
    finding.subject_resident_id,
    finding.aid_household_no,
    finding.outcome,
    finding.severity,
    finding.first_on,
    finding.last_on,
    finding.amount_yuan,
    finding.evidence
from (
    select * from pub.finding_at($3) as finding where finding.subject_resident_id = any($1)
    union all
    select *
    from pub.finding_at($3) as finding
    where finding.subject_resident_id is null and finding.aid_household_no = any($2)
) as finding
where $4 is null or not exists (
    select from jsonb_array_elements(finding.evidence -> 'sources') as source
    where source ->> 'feed' <> all($4)
)
$$;
