-- Yuan from an amount in ten thousand yuan; null from a trillion yuan on, which is no amount. 万元
create or replace function clean.wan_yuan(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    yuan numeric := round(clean.number(value) * 10000, 2);
begin
    return case when abs(yuan) < 1e12 then yuan end;
end $$;
