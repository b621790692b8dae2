-- Cleaning functions: text as received to typed values. Shared by landing (can this line be
-- read?) and by staging. All are immutable and never raise: what cannot be read is null.

-- Half-width, without blanks, control and zero-width characters. 全角转半角，去空白
create or replace function clean.compact(value text) returns text
language plpgsql immutable parallel safe as $$
begin
    if value is null or value ~ '^[0-9A-Za-z.,%+-]*$' then  -- the usual case costs one look
        return value;
    end if;
    return regexp_replace(normalize(value, nfkc), '[\s\u00a0\u200b-\u200f\ufeff''`’‘"]', '', 'g');
end $$;

-- 64 bits of a cleaned business key; null where a part of it is missing. 业务键摘要
create or replace function clean.key_hash(variadic parts text[]) returns bigint
language sql immutable parallel safe
return case
    when array_position(parts, null) is null and array_position(parts, '') is null
        then hashtextextended(upper(array_to_string(parts, chr(31))), 0)
end;

-- ISO 7064 MOD 11-2 check character of the first 17 digits (GB 11643). 校验码
create or replace function clean.check_character(first_17 text) returns text
language sql immutable parallel safe
return substr('10X98765432', 1 + ((
    ascii(first_17) * 7 + ascii(substr(first_17, 2)) * 9 + ascii(substr(first_17, 3)) * 10
    + ascii(substr(first_17, 4)) * 5 + ascii(substr(first_17, 5)) * 8 + ascii(substr(first_17, 6)) * 4
    + ascii(substr(first_17, 7)) * 2 + ascii(substr(first_17, 8)) + ascii(substr(first_17, 9)) * 6
    + ascii(substr(first_17, 10)) * 3 + ascii(substr(first_17, 11)) * 7 + ascii(substr(first_17, 12)) * 9
    + ascii(substr(first_17, 13)) * 10 + ascii(substr(first_17, 14)) * 5 + ascii(substr(first_17, 15)) * 8
    + ascii(substr(first_17, 16)) * 4 + ascii(substr(first_17, 17)) * 2
    - 48 * 100  -- ascii('0') times the sum of the weights
) % 11), 1);

-- A calendar date from its parts, null where the calendar has no such day (30 February).
create or replace function clean.calendar_date(y int, m int, d int) returns date
language plpgsql immutable parallel safe as $$
begin
    if y between 1850 and 2200 and m between 1 and 12 and d between 1 and 31 then
        if d <= 28 or d <= extract(day from make_date(y, m, 1) + interval '1 month' - interval '1 day') then
            return make_date(y, m, d);
        end if;
    end if;
    return null;
end $$;

-- Dates in all spellings met: 20240305, 2024-03-05, 2024/3/5, 2024.3.5, 2024年3月5日,
-- with or without a time, and Excel serial days (45356). 日期
create or replace function clean.date(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    v text := trim(value);
    part text[];
begin
    if v ~ '^[12]\d{3}-\d{2}-\d{2}($|[T ])' then  -- the usual case
        return clean.calendar_date(left(v, 4)::int, substr(v, 6, 2)::int, substr(v, 9, 2)::int);
    elsif v ~ '^[12]\d{7}$' then
        return clean.calendar_date(left(v, 4)::int, substr(v, 5, 2)::int, right(v, 2)::int);
    end if;
    v := trim(normalize(v, nfkc));
    part := regexp_match(v, '^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]?\d{1,2}:.*)?$');
    if part is null then
        part := regexp_match(v, '^([12]\d{3})(\d{2})(\d{2})$');
    end if;
    if part is not null then
        return clean.calendar_date(part[1]::int, part[2]::int, part[3]::int);
    elsif v ~ '^[1-6]\d{4}(\.0*)?$' then
        return date '1899-12-30' + split_part(v, '.', 1)::int;
    end if;
    return null;
end $$;

-- A month as its first day: 202506, 2025-06, 2025年6月, or any date. 月份
create or replace function clean.month(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    part text[] := regexp_match(trim(normalize(value, nfkc)), '^(\d{4})[-/.年]?(\d{2}|\d(?!\d))月?$');
begin
    if part is not null then
        return clean.calendar_date(part[1]::int, part[2]::int, 1);
    end if;
    return date_trunc('month', clean.date(value))::date;
end $$;

-- An instant: '2025-06-25 02:00:00' (local, Asia/Shanghai) or with an offset.
create or replace function clean.instant(value text) returns timestamptz
language sql immutable parallel safe
return case
    when clean.date(value) is null then null
    when trim(value) ~ '^\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$'
        then replace(trim(value), 'T', ' ')::timestamp at time zone 'Asia/Shanghai'
    when trim(value) ~ '^\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)$'
        then trim(value)::timestamptz
    else clean.date(value)::timestamp at time zone 'Asia/Shanghai'
end;

-- A plain number, thousands separators allowed; at most 12 digits before the point.
create or replace function clean.number(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text := replace(clean.compact(value), ',', '');
begin
    return case when v ~ '^[-+]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})$' then v::numeric end;
end $$;

-- Yuan from '860', '860.00元', '0.0860万元', '¥860'. A thousand million and more is no amount of
-- aid, income or fee, but a slip; null. 金额（元）
create or replace function clean.yuan(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text := ltrim(clean.compact(value), '¥￥');
    yuan numeric;
begin
    if v ~ '万元?$' then
        yuan := clean.wan_yuan(regexp_replace(v, '万元?$', ''));
    else
        yuan := round(clean.number(rtrim(v, '元')), 2);
    end if;
    return case when abs(yuan) < 1e9 then yuan end;
end $$;

-- Yuan from an amount in ten thousand yuan; null from a trillion yuan on, which is no amount. 万元
create or replace function clean.wan_yuan(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    yuan numeric := round(clean.number(value) * 10000, 2);
begin
    return case when abs(yuan) < 1e12 then yuan end;
end $$;

-- A share between 0 and 1, null outside from '50%', '0.5', '1/2'. 份额
create or replace function clean.share(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text := clean.compact(value);
    share numeric;
begin
    if v like '%\%' then
        share := clean.number(rtrim(v, '%')) / 100;
    elsif v ~ '^\d{1,6}/\d{1,6}$' then
        share := split_part(v, '/', 1)::numeric / nullif(split_part(v, '/', 2)::numeric, 0);
    else
        share := clean.number(v);
    end if;
    return case when share between 0 and 1 then share end;
end $$;

-- An identity number in its normal 18-character form, or null where it is none.
-- 15-digit numbers get the century and the check character; sequences 996 to 999 were kept
-- for people born in the 1800s and stay unresolved. Never padded, never corrected.
create or replace function clean.id_number(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text := upper(clean.compact(value));
begin
    if v ~ '^[1-9]\d{14}$' and right(v, 3) < '996' then
        v := left(v, 6) || '19' || substr(v, 7);
        v := v || clean.check_character(v);
    end if;
    if v ~ '^[1-9]\d{16}[\dX]$'
        and clean.check_character(v) = right(v, 1)
        and clean.calendar_date(substr(v, 7, 4)::int, substr(v, 11, 2)::int, substr(v, 13, 2)::int) is not null
    then
        return v;
    end if;
    return null;
end $$;

-- The first 15 digits that a spreadsheet left of an 18-digit number (4.20222194002048e+17): a trace
-- to compare with, never a number.
create or replace function clean.surviving_digits(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text := upper(clean.compact(value));
begin
    if v ~ '^[1-9]\.\d{1,16}E\+?17$' or v ~ '^[1-9]\d{17}\.0+$'
        or (v ~ '^[1-9]\d{14}000$' and clean.id_number(v) is null) then
        return left(trunc(v::numeric)::text, 15);
    end if;
    return null;
end $$;

-- The number as it would be for somebody born a hundred years later: a 15-digit number says
-- no century, and some were written for people born after 1999.
create or replace function clean.next_century(id_number text) returns text
language sql immutable parallel safe
return left(id_number, 6) || '20' || substr(id_number, 9, 9)
    || clean.check_character(left(id_number, 6) || '20' || substr(id_number, 9, 9));

-- What was done to a number, or why it is none: a comma-separated list, empty where it came clean.
create or replace function clean.id_number_note(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text := upper(clean.compact(value));
    valid boolean := clean.id_number(value) is not null;
begin
    if valid and v = value and length(v) = 18 then  -- the usual case
        return '';
    elsif v is null or v in ('', '无', '不详', '未知', '-', '/', 'NULL', 'NONE') then
        return 'missing';
    elsif not valid and (v ~ '^(\d)\1{10,}$' or v like '12345678%') then
        return 'placeholder';
    elsif not valid and v ~ '^(\d\.\d+E\+?\d+|\d{18}\.0+|\d{15}000)$' then
        return 'lost_digits';
    end if;
    return concat_ws(
        ',',
        case when value ~ '[０-９Ｘｘ]' then 'full_width' end,
        case when value ~ '[''’‘`]' then 'apostrophe' end,
        case when value ~ '[\s\u00a0\u3000]' then 'blanks' end,
        case when value ~ '[xｘ]' then 'lower_case' end,
        case
            when valid then case when length(v) = 15 then 'upgraded_15' end
            when v !~ '^(\d{15}|\d{17}[\dX])$' then 'wrong_form'
            when length(v) = 15 or clean.calendar_date(
                substr(v, 7, 4)::int, substr(v, 11, 2)::int, substr(v, 13, 2)::int) is null then 'wrong_date'
            else 'wrong_check'
        end);
end $$;

-- Masked for people who may not see it: 420203********229X. 脱敏
create or replace function clean.mask_id_number(value text) returns text
language sql immutable parallel safe
return case when length(value) = 18 then left(value, 6) || '********' || right(value, 4) else '****' end;

-- A text that is no number of a person, with those that somebody wrote into it masked, as a case filled in
-- with an identity number, or a cell of the column beside it; also such as a disability card adds two digits to.
-- Each keeps its length, so that two stay two; other long numbers stay as they are.
create or replace function clean.mask_id_numbers_in(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    written text;
begin
    if value is null or value !~ '\d{15}' then  -- the usual case
        return value;
    end if;
    for written in
        select coalesce(match[1], match[2])
        from regexp_matches(value, '(?<![\d.])(?:(\d{17}[\dXx])(?:\d\d)?|(\d{15}))(?!\d)', 'g') as match
    loop
        if clean.id_number(written) is not null then
            value := replace(value, written, overlay(written placing repeat('*', length(written) / 2 - 1) from 7));
        end if;
    end loop;
    return value;
end $$;

create or replace function clean.mask_name(value text) returns text
language sql immutable parallel safe
return left(value, 1) || repeat('*', greatest(length(value) - 1, 1));
