-- Clears the bytes of files taken back more than so many days ago; returns how many. Its caller reads none of them.
create or replace function ops.clear_withdrawn(days integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    cleared integer;
begin
    if not coalesce($1 >= 1, false) then
        raise invalid_parameter_value using message = 'A period of at least a day is wanted.';
    end if;
    update ops.finding_attachment as attachment set content = null
    from ops.finding_attachment_withdrawal as withdrawal
    where
        withdrawal.attachment_id = attachment.attachment_id and attachment.content is not null
        and withdrawal.withdrawn_at < clock_timestamp() - make_interval(days => $1);
    get diagnostics cleared = row_count;
    return cleared;
end $$;
comment on function ops.clear_withdrawn(integer) is '清除撤回满若干天的附件的内容，返回个数；名称、大小、校验值和原因留下';

grant execute on function ops.clear_withdrawn(integer) to retention;
