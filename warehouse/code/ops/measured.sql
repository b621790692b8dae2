create or replace function ops.measured(
    description text, observed jsonb, element_count bigint, unexpected_count bigint
) returns text
language sql immutable parallel safe
begin atomic
with

measure as (
    select
        case
            when observed ? 'mostly' then element_count - unexpected_count
            else coalesce((observed ->> 'value')::numeric, unexpected_count)
        end as found,
        (
            select string_agg(code || ' ' || lines || ' 行', '，' order by lines::bigint desc, code)
            from jsonb_each_text(observed -> 'divisions') as named (code, lines)
        ) as divisions,
        -- Counts say more than a share that is rounded onto its limit.
        case when observed ?| array['mostly', 'max_share'] or observed is null then element_count end as total,
        (observed ->> 'mostly')::numeric * 100 as least_percent,
        (observed ->> 'max_share')::numeric * 100 as most_percent,
        nullif((observed ->> 'spared')::numeric, 0) as spared,
        nullif(coalesce(observed ->> 'min_value', observed ->> 'min_count')::numeric, 0) as least,
        coalesce(observed ->> 'max_value', observed ->> 'max_count')::numeric as most
),

limits as (
    select
        case
            -- Of such a check the other limits are those of a single value.
            when least_percent is not null then '不少于 ' || ops.number_text(least_percent) || '%'
            when most_percent is not null
                then '不多于 ' || ops.number_text(most_percent) || '%' || coalesce(' 或 ' || ops.number_text(spared), '')
            when least is not null and most is not null
                then '在 ' || ops.number_text(least) || ' 至 ' || ops.number_text(most) || ' 之间'
            when least is not null then '不少于 ' || ops.number_text(least)
            else '不多于 ' || ops.number_text(most)
        end as wanted
    from measure
)

select
    description || coalesce(
        '（实测 ' || ops.number_text(found) || coalesce(' / ' || ops.number_text(total), '')
        || coalesce('，应' || wanted, '') || coalesce('：' || divisions, '') || '）',
        ''
    )
from measure, limits;
end;

grant execute on function ops.measured(text, jsonb, bigint, bigint) to loader;
