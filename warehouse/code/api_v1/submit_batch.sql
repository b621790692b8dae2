create or replace function api_v1.submit_batch(requests jsonb, callback_url text default null) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    new_batch uuid;
begin
    if jsonb_typeof(requests) is distinct from 'array' or jsonb_array_length(requests) not between 1 and 10000 then
        return verification.problem(
            'invalid_request',
            verification.fault_detail(jsonb_build_array(verification.fault('/requests', case
                when requests is null then 'missing'
                when jsonb_typeof(requests) <> 'array' then 'not_list'
                when requests = '[]' then 'too_few'
                else 'too_many'
            end)))
        );
    end if;
    if callback_url is not null and (verification.asking_client() is null or length(callback_url) > 500) then
        return verification.problem(
            'invalid_request',
            verification.fault_detail(jsonb_build_array(verification.fault('/callback_url', 'not_allowed')))
        );
    end if;
    insert into audit.batch (caller, client) values (session_user, verification.asking_client())
    returning batch_id into new_batch;
    insert into audit.batch_item (batch_id, item_no, request)
    select new_batch, item.item_no, item.request
    from jsonb_array_elements(requests) with ordinality as item (request, item_no);
    if callback_url is not null then
        insert into ops.batch_callback (batch_id, client, url)
        values (new_batch, verification.asking_client(), callback_url);
    end if;
    return verification.batch_progress(new_batch, 0, 0);
end $$;
comment on function api_v1.submit_batch(jsonb, text) is '提交批量复核：请求的数组，每个与 verify 的请求相同；REST 服务可附办结后的回调地址，由其先行审查';

grant execute on function api_v1.submit_batch(jsonb, text) to approval_api;
