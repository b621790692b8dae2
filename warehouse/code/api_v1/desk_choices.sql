create or replace function api_v1.desk_choices() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select jsonb_build_object(
            'rules', coalesce(
                jsonb_agg(distinct jsonb_build_object('code', listed.rule_code, 'title', listed.title_zh)), '[]'
            ),
            'divisions', coalesce(
                jsonb_agg(distinct jsonb_build_object('code', listed.division_code, 'title', listed.division_zh))
                filter (where listed.division_code is not null), '[]'
            )
        )
        from verification.desk_finding as listed
        where listed.pile is not null
    );
end $$;
comment on function api_v1.desk_choices() is '工作台可选的规则与区划：本区划有疑点的；不涉及个人';

grant execute on function api_v1.desk_choices() to officer;
