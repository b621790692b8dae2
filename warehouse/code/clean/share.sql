-- A share between 0 and 1, null outside from '50%', '0.5', '1/2'. 份额
create or replace function clean.share(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text := clean.compact(value);
    share numeric;
begin
    if v like '%\%' then
        share := clean.number(rtrim(v, '%')) / 100;
    elsif v ~ '^[0-9]{1,6}/[0-9]{1,6}$' then
        share := split_part(v, '/', 1)::numeric / nullif(split_part(v, '/', 2)::numeric, 0);
    else
        share := clean.number(v);
    end if;
    return case when share between 0 and 1 then share end;
end $$;
