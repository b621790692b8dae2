create or replace function api_v1.resident_status(id_number text, purpose text default null) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked constant jsonb := jsonb_build_object('id_number', $1);
    told jsonb;
begin
    if not exists (select from pub.current_generation) then
        return jsonb_build_object('identity', 'unavailable');
    end if;
    told := verification.refused_reading('resident_status', $2, asked);
    if told is not null then
        return told;
    end if;
    select jsonb_build_object(
        'identity', case when situation.resident_id is null then 'unknown' else 'found' end,
        'resident_id', situation.resident_id,
        'masked_id_number', situation.masked_id_number,
        'division_code', situation.division_code,
        'is_registered', situation.is_registered,
        'is_alive', situation.is_alive,
        'died_on', situation.died_on,
        'marital_status', situation.marital_status,
        'benefits', situation.benefits,
        'stay', situation.stay,
        'disability', situation.disability,
        'sources', (
            select jsonb_agg(to_jsonb(freshness) - 'division_code' order by freshness.feed)
            from pub.source_freshness_today_in(array[situation.division_code]) as freshness
        ),
        'generation', release.generation,
        'business_date', release.business_date
    )
    into told
    from pub.current_release as release
    left join pub.current_resident_situation as situation
        on situation.id_number = clean.id_number($1)
        and ((select pub.sees_all_divisions()) or situation.division_code = any((select pub.own_divisions())::text[]));
    perform verification.note_reading(
        'resident_status', $2, asked, array_remove(array[(told ->> 'resident_id')::bigint], null)
    );
    return told;
end $$;
comment on function api_v1.resident_status(text, text) is
'按公民身份号码和用途查询居民现状，留痕。identity：found 查到，unknown 无此人（不等于没有待遇：请看各来源时效）';

grant execute on function api_v1.resident_status(text, text) to officer;
