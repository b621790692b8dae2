-- Yuan from '860', '860.00元', '0.0860万元', '¥860', '人民币860元整'. A thousand million and more is no amount of
-- aid, income or fee, but a slip; null. 金额（元）
create or replace function clean.yuan(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text;
    yuan numeric;
begin
    if value ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' then  -- the usual case
        return case when value::numeric < 1e9 then round(value::numeric, 2) end;
    end if;
    v := regexp_replace(upper(clean.compact(value)), '^([-+(−]?)(?:¥|RMB|CNY|人民币)', '\1');
    v := regexp_replace(v, '(?:元[整正]?|RMB|CNY)(\)?)$', '\1');
    if v like '%万' then
        yuan := clean.wan_yuan(left(v, -1));
    else
        yuan := round(clean.number(v), 2);
    end if;
    return case when abs(yuan) < 1e9 then yuan end;
end $$;
