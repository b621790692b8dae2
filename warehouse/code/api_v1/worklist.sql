-- The gravest first, then the dearest, then the surest identity, then the longest known. Where officers mostly
-- found a rule wrong (rule_precision) its findings come last. Of each division as many as it can do in a week
-- (rule parameter weekly_capacity), or as many as capacity says in all.
create or replace function api_v1.worklist(purpose text, capacity integer, division text)
returns setof verification.finding
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found verification.finding[];
begin
    perform verification.want_purpose($1);
    with

    ranked as (
        select
            waiting,
            row_number() over (
                order by
                    waiting.is_observed, waiting.severity, waiting.amount_yuan desc nulls last,
                    waiting.link_score desc nulls first, waiting.first_seen_generation, waiting.finding_id
            ) as place
        from verification.listed_findings(null, null, $3, 'new') as waiting
    ),

    capacities as materialized (
        select
            divisions.division_code,
            verification.rule_parameter(
                '*', 'weekly_capacity', divisions.division_code, release.generation, verification.today()
            ) as capacity
        from (select distinct (ranked.waiting).division_code from ranked) as divisions
        cross join pub.current_release as release
    ),

    by_division as (
        select
            ranked.*,
            row_number() over (partition by (ranked.waiting).division_code order by ranked.place) as place_in_division
        from ranked
    )

    select array_agg(by_division.waiting order by by_division.place)
    into found
    from by_division
    inner join capacities on (by_division.waiting).division_code is not distinct from capacities.division_code
    where case
        when $2 is null then by_division.place_in_division <= capacities.capacity else by_division.place <= $2
    end;
    return query select * from verification.told_findings(
        'worklist', $1, jsonb_build_object('capacity', $2, 'division', $3), found
    );
end $$;
comment on function api_v1.worklist(text, integer, text) is '按用途取本区划的疑点处理清单，留痕';

grant execute on function api_v1.worklist(text, integer, text) to officer;
