-- Counts of what the login's divisions have on the desk, by all that a section head asks; of nobody in person.
-- Days after death: those of the periods that rule A01 tells, through which a benefit was still paid. The amount of
-- what is no longer found, but under another number with an amount of its own, counts there alone.
create or replace function api_v1.desk_overview(division text default null) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    told jsonb;
    release record;
    this_month constant date := date_trunc('month', verification.today())::date;
begin
    select known.generation, known.business_date into release from pub.current_release as known;
    with

    on_desk as materialized (
        select *
        from verification.desk_finding
        where pile is not null and starts_with(coalesce(division_code, ''), coalesce($1, ''))
    ),

    listed as materialized (
        select
            finding.rule_code,
            finding.title_zh,
            finding.severity,
            finding.division_code,
            finding.division_zh,
            finding.state,
            finding.pile <> 'decided' as is_open,
            finding.is_overdue,
            finding.amount_yuan,
            case
                when
                    finding.is_served or not exists (
                        select from on_desk as other
                        where
                            other.recovered_yuan is not null
                            and (other.is_served or other.first_seen_generation > finding.first_seen_generation)
                            and other.rule_code = finding.rule_code
                            and coalesce(
                                other.subject_resident_id = finding.subject_resident_id,
                                other.aid_household_no = finding.aid_household_no
                            )
                            and coalesce(other.first_on, '-infinity') <= coalesce(finding.last_on, 'infinity')
                            and coalesce(finding.first_on, '-infinity') <= coalesce(other.last_on, 'infinity')
                    )
                    then finding.recovered_yuan
            end as recovered_yuan,
            finding.decided_at at time zone 'Asia/Shanghai' as decided_at,
            seen.published_at at time zone 'Asia/Shanghai' as seen_at,
            case
                when finding.rule_code = 'A01' then coalesce(finding.last_on, release.business_date) - finding.first_on + 1
            end as days_after_death
        from on_desk as finding
        inner join ops.generation as seen on finding.first_seen_generation = seen.generation
    ),

    standing as (select *, clean.rule_side(rule_code) as side from listed where is_open or state = 'confirmed'),

    measured as (
        select known.rule_code, sum(known.decided_count) as decided_count, sum(known.right_count) as right_count
        from pub.current_rule_precision as known
        where
            starts_with(coalesce(known.division_code, ''), coalesce($1, ''))
            and (
                (select pub.sees_all_divisions())
                or known.division_code = any((select pub.own_divisions())::text[])
            )
        group by known.rule_code
    )

    select jsonb_build_object(
        'business_date', release.business_date,
        'z', verification.rule_parameter('*', 'confidence_z', $1, release.generation, verification.today()),
        'totals', (
            select jsonb_build_object(
                'open', count(*) filter (where is_open),
                'overdue', count(*) filter (where is_open and is_overdue),
                'decided', count(*) filter (where not is_open),
                'confirmed', count(*) filter (where state = 'confirmed'),
                'at_stake_yuan', sum(amount_yuan) filter (where is_open),
                'confirmed_yuan', sum(amount_yuan) filter (where state = 'confirmed'),
                'recovered', count(recovered_yuan),
                'recovered_yuan', sum(recovered_yuan)
            )
            from listed
        ),
        'after_death', (
            select jsonb_build_object(
                'findings', count(days_after_death), 'days', sum(days_after_death),
                'yuan', sum(amount_yuan) filter (where days_after_death is not null)
            )
            from standing
        ),
        'sides', (
            select jsonb_build_object(
                'missed', count(*) filter (where side = 'missed'),
                'missed_yuan', sum(amount_yuan) filter (where side = 'missed'),
                'beyond', count(*) filter (where side = 'beyond'),
                'beyond_yuan', sum(amount_yuan) filter (where side = 'beyond')
            )
            from standing
        ),
        'rules', (
            select coalesce(jsonb_agg(to_jsonb(by_rule) order by by_rule.rule_code), '[]')
            from (
                select
                    listed.rule_code, listed.title_zh, min(listed.severity) as severity,
                    count(*) filter (where listed.is_open) as open,
                    count(*) filter (where listed.state = 'confirmed') as confirmed,
                    count(*) filter (where listed.state = 'cleared') as cleared,
                    count(*) filter (where listed.state = 'dismissed') as dismissed,
                    sum(listed.amount_yuan) filter (where listed.is_open) as at_stake_yuan,
                    sum(listed.recovered_yuan) as recovered_yuan,
                    measured.decided_count, measured.right_count
                from listed
                left join measured using (rule_code)
                group by listed.rule_code, listed.title_zh, measured.decided_count, measured.right_count
            ) as by_rule
        ),
        'divisions', (
            select coalesce(jsonb_agg(to_jsonb(by_division) order by by_division.division_code), '[]')
            from (
                select
                    division_code, division_zh,
                    count(*) filter (where is_open) as open,
                    count(*) filter (where is_open and severity = 'red') as red,
                    count(*) filter (where is_open and is_overdue) as overdue,
                    count(*) filter (where not is_open) as decided,
                    count(*) filter (where state = 'confirmed') as confirmed,
                    sum(amount_yuan) filter (where is_open) as at_stake_yuan,
                    sum(recovered_yuan) as recovered_yuan
                from listed
                group by division_code, division_zh
            ) as by_division
        ),
        'ages', (
            select jsonb_agg(
                jsonb_build_object('from', age.from_day, 'to', age.to_day, 'open', coalesce(counted.findings, 0))
                order by age.from_day
            )
            from (values (0, 7), (8, 30), (31, 90), (91, 180), (181, null)) as age (from_day, to_day)
            cross join lateral (
                select count(*) as findings
                from listed
                where
                    is_open and verification.today() - seen_at::date >= age.from_day
                    and (age.to_day is null or verification.today() - seen_at::date <= age.to_day)
            ) as counted
        ),
        'months', (
            select jsonb_agg(
                jsonb_build_object(
                    'month', to_char(months.month, 'YYYY-MM'), 'found', counted.found, 'decided', counted.decided
                )
                order by months.month
            )
            from generate_series(this_month - interval '11 months', this_month, interval '1 month') as months (month)
            cross join lateral (
                select
                    count(*) filter (where date_trunc('month', seen_at) = months.month) as found,
                    count(*) filter (where date_trunc('month', decided_at) = months.month) as decided
                from listed
            ) as counted
        )
    )
    into told;
    return told;
end $$;
comment on function api_v1.desk_overview(text) is
'一览：本区划疑点按规则、区划、时长、月份的件数、涉及与追回的金额，核实准确率，应享未享与多领，死亡后待遇日数；不涉及个人';

grant execute on function api_v1.desk_overview(text) to officer;
