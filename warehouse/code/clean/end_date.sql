-- The end of something that may have none: a date, and 9999-12-31 where it is open (长期, 永久, 99991231). 止期
-- Without marks a year so far off has all eight digits: 980615 is a day of 1998 or nothing, 45809.25 a serial day.
create or replace function clean.end_date(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    v text := upper(clean.as_seen(value));
begin
    if v ~ '^(长期|永久|终身)(有效)?$|^(终生|无期限|无固定期限|不限期|至今|INFINITY|9999-?99-?99)$'
        or v ~ '^(2999|[3-9][0-9]{3})[-/.年](0?[1-9]|1[0-2])[-/.月](0?[1-9]|[12][0-9]|3[01])日?([T ][0-9:.]*)?$'
        or v ~ '^(2999|[3-9][0-9]{3})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(\.0*|[T ][0-9:.]*|[0-9]{6})?$' then
        return date '9999-12-31';
    end if;
    return clean.date(value);
end $$;
