-- The sheets of a household, one per kind that bears the number, as a list: means, members, items, differences.
create or replace function api_v1.household_sheets(household_no text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told jsonb;
begin
    perform verification.want_purpose($2);
    select verification.household_sheets($1, release.generation, release.business_date)
    into told
    from pub.current_release as release;
    told := coalesce(told, '[]');
    perform verification.note_reading('household_sheets', $2, jsonb_build_object('household_no', $1), array(
        select distinct resident_id::bigint
        from jsonb_path_query(told, '$[*].*[*].resident_id ? (@ != null)') as resident_id
    ));
    return told;
end $$;
comment on function api_v1.household_sheets(text, text) is '按户号和用途查阅本区划家庭的经济状况逐项计算，留痕';

grant execute on function api_v1.household_sheets(text, text) to officer;
