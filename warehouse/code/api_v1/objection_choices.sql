create or replace function api_v1.objection_choices() returns table (code_list text, code text, title_zh text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select known.code_list, known.code, known.title_zh
    from pub.current_verification_code as known
    where starts_with(known.code_list, 'objection_')
    order by known.code_list, known.code;
end $$;
comment on function api_v1.objection_choices() is
'复核的代码：objection_item 对哪一项有异议，objection_ 加结果为该结果的原因';

grant execute on function api_v1.objection_choices() to officer;
