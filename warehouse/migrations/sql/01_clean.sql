-- Cleaning functions: text as received to typed values. Shared by landing (can this line be
-- read?) and by staging. All are immutable and never raise: what cannot be read is null.
-- The usual case costs one look at a short pattern, where it can the same one in several functions: a session
-- keeps 32 compiled patterns, and a statement that uses more compiles them anew for every row.

-- A private-use character of GBK and of GB 18030-2000 and -2005 as the one of Unicode it stands for, as
-- GB 18030-2022 maps it (U+E863 is 䶮): fonts and decoders differ, the person does not. 造字区映射
create or replace function clean.standard_characters(value text) returns text
language sql immutable parallel safe
return case
    when value ~ '[\ue76c-\ue864]' then translate(
        value,
        U&'\E76C\E78D\E78E\E78F\E790\E791\E792\E793\E794\E795\E796\E7C7\E7C8\E7E7\E7E8\E7E9'
            '\E7EA\E7EB\E7EC\E7ED\E7EE\E7EF\E7F0\E7F1\E7F2\E7F3\E815\E816\E817\E818\E819\E81A'
            '\E81B\E81C\E81D\E81E\E81F\E820\E821\E822\E823\E824\E825\E826\E827\E828\E829\E82A'
            '\E82B\E82C\E82D\E82E\E82F\E830\E831\E832\E833\E834\E835\E836\E837\E838\E839\E83A'
            '\E83B\E83C\E83D\E83E\E83F\E840\E841\E842\E843\E844\E845\E846\E847\E848\E849\E84A'
            '\E84B\E84C\E84D\E84E\E84F\E850\E851\E852\E853\E854\E855\E856\E857\E858\E859\E85A'
            '\E85B\E85C\E85D\E85E\E85F\E860\E861\E862\E863\E864',
        U&'\20AC\FE10\FE12\FE11\FE13\FE14\FE15\FE16\FE17\FE18\FE19\1E3F\01F9\303E\2FF0\2FF1'
            '\2FF2\2FF3\2FF4\2FF5\2FF6\2FF7\2FF8\2FF9\2FFA\2FFB\2E81\+020087\+020089\+0200CC\2E84\3473'
            '\3447\2E88\2E8B\9FB4\359E\361A\360E\2E8C\2E97\396E\3918\9FB5\39CF\39DF\3A73\39D0'
            '\9FB6\9FB7\3B4E\3C6E\3CE0\2EA7\+0215D7\9FB8\2EAA\4056\415F\2EAE\4337\2EB3\2EB6\2EB7'
            '\+02298F\43B1\43AC\2EBB\43DD\44D6\4661\464C\9FB9\4723\4729\477C\478D\2ECA\4947\497A'
            '\497D\4982\4983\4985\4986\499F\499B\49B7\49B6\9FBA\+0241FE\4CA3\4C9F\4CA0\4CA1\4C77'
            '\4CA2\4D13\4D14\4D15\4D16\4D17\4D18\4D19\4DAE\9FBB'
    )
    else value
end;

-- A value as somebody reads it: half-width, without characters that nobody sees (Unicode's format, control
-- and ignorable ones, selectors of variants), every blank one space and none around it, taken out of the
-- ="..." and the apostrophe that keep a number from a spreadsheet. Where a number is drawn otherwise (²,
-- ③, ½), it stays as it is: it is no digit of a value. 所见即所得
create or replace function clean.as_seen(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value is null or value ~ '^[0-9A-Za-z\u4e00-\u9fff.,%+/:_-]*$' then  -- the usual case costs one look
        return value;
    end if;
    v := regexp_replace(clean.standard_characters(value), '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f'
        '\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u17b4\u17b5\u180b-\u180f\u200b-\u200f'
        '\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffc\U000110bd\U000110cd\U00013430-\U0001343f'
        '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]', '', 'g');
    if v !~ '[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u215f\u2189\u2460-\u249b\u24ea'
        '\u3251-\u325f\u32b1-\u32bf\U0001f100-\U0001f10a]' then
        v := normalize(v, nfkc);
    end if;
    v := regexp_replace(v, '[\u0009-\u000d\u0020\u0085\u00a0\u115f\u1160\u1680\u2000-\u200a\u2028\u2029'
        '\u202f\u205f\u2800\u3000\u3164\uffa0]+', ' ', 'g');
    return btrim(regexp_replace(btrim(v), '^= ?(["“”''‘’]+)(.*)["“”''‘’]+$', '\2'), ' "“”''‘’`');
end $$;

-- The same without blanks and quotation marks: what a code, a number or a key is compared by. 全角转半角，去空白
create or replace function clean.compact(value text) returns text
language plpgsql immutable parallel safe as $$
begin
    if value is null or value ~ '^[0-9A-Za-z\u4e00-\u9fff.,%+-]*$' then  -- the usual case
        return value;
    end if;
    return regexp_replace(clean.as_seen(value), '[ ''`’‘"“”]', '', 'g');
end $$;

-- Whether a value only says that there is none: nothing, marks alone, a word for it, or what a program or
-- a spreadsheet writes for it (NULL, #N/A). 空值写法
create or replace function clean.is_missing(value text) returns boolean
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '[1-9]' then  -- the usual case
        return false;
    end if;
    v := upper(clean.compact(value));
    return v is null
        or v ~ '^[-!-,./:-@\[-`{-~—–―‐−。、·•×…○□]*$'
        or v in ('#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NUM!', '#NULL!', '#N/A', '#NA', '\N')
        or btrim(v, '()<>[]{}\/-—.。*?') in (
            'NULL', 'NONE', 'NIL', 'NAN', 'NA', 'N/A', 'UNDEFINED', 'UNKNOWN', '无', '没有', '暂无', '空', '空白', '略',
            '不详', '不明', '不清', '不知', '未知', '未填', '未填写', '未提供', '未登记', '未采集', '未录入', '待查', '待补', '待补充',
            '待定', '待核实', '同上', '同前', '无名', '无名氏', '无名尸', '姓名不详', '无号码', '无证件', '无账号', '无账户'
        );
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

-- The hour of the day of a clock of twelve hours (下午3, 3 PM), or of twenty-four; null where the two
-- together say no single one (上午12, 晚上1). 十二小时制
create or replace function clean.hour_of_day(half text, hour integer) returns integer
language sql immutable parallel safe
return case
    when half is null then case when hour <= 24 then hour end
    when half in ('AM', '凌晨') then case when hour <= 12 then hour % 12 end
    when half in ('上午', '早上', '早晨', '清晨') then case when hour < 12 then hour end
    when half in ('PM', '下午')
        then case when hour between 1 and 12 then hour % 12 + 12 when hour between 13 and 23 then hour end
    when half in ('晚上', '傍晚')
        then case when hour between 5 and 11 then hour + 12 when hour between 17 and 23 then hour end
    when half = '中午'
        then case when hour in (1, 2) then hour + 12 when hour between 11 and 14 then hour end
end;

-- Seconds from the beginning of a day (0 to 86400) to a time such as 15:30, 15:30:00.123, 下午3:30,
-- 3:30:00 PM, 15时30分, 153000; null where it is none. 一天中的时刻
create or replace function clean.seconds_of_day(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    part text[] := regexp_match(value, '^(AM|PM|[凌清早上中下傍晚][晨上午晚])? ?([0-9]{1,2})'
        '(?::([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,12}))?)?'
        '|[时点](?:整|([0-9]{1,2})(?:分(?:([0-9]{1,2})秒?)?)?)?) ?(AM|PM)?$');
    seconds numeric;
begin
    if part is null then
        part := regexp_match(value, '^()([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:[.,]?([0-9]{3})|[.,]([0-9]{1,12}))?)?$');
        part := array[null, part[2], part[3], part[4], coalesce(part[5], part[6])];
    elsif part[1] is not null and part[8] is not null then
        return null;
    end if;
    seconds := clean.hour_of_day(coalesce(part[1], part[8]), part[2]::int) * 3600
        + case when coalesce(part[3], part[6], '0')::int < 60 then coalesce(part[3], part[6], '0')::int * 60 end
        + case when coalesce(part[4], part[7], '0')::int < 60 then coalesce(part[4], part[7], '0')::numeric end
        + coalesce('0.' || part[5], '0')::numeric;
    return case when seconds <= 86400 then seconds end;
end $$;

-- Minutes that an offset such as Z, +08:00, +0800, +8, UTC+8 is ahead of Greenwich. 时区偏移
create or replace function clean.offset_minutes(value text) returns integer
language plpgsql immutable parallel safe as $$
declare
    part text[] := regexp_match(value, '^(?:Z|UTC|GMT)?(?:([+-])([0-9]{1,2}):?([0-9]{2})?)?$');
    minutes integer := coalesce(part[2], '0')::int * 60 + coalesce(part[3], '0')::int;
begin
    return case
        when part is not null and minutes <= 840 and coalesce(part[3], '0')::int < 60
            then case part[1] when '-' then -minutes else minutes end
    end;
end $$;

-- What a date says, with or without a time: the day as written, seconds from its beginning (null without a
-- time) and minutes ahead of Greenwich (null without an offset). No day where any part cannot be read.
create or replace function clean.moment(
    value text, out on_day date, out seconds numeric, out ahead_minutes integer
) language plpgsql immutable parallel safe as $$
declare
    v text := regexp_replace(upper(clean.as_seen(value)), ' ?([年月日号时点分秒/T:.-]) ?', '\1', 'g');
    part text[] := coalesce(
        regexp_match(v, '^([12][0-9]{3})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})(?:(?:[日号][T ]?|[T ])(.*)|([^0-9日号T ].*)|)$'),
        regexp_match(v, '^([12][0-9]{3})([0-9]{2})([0-9]{2})(?:\.0+|[T ]?([^.T ].*)|)$')
    );
    timed text[];
begin
    on_day := clean.calendar_date(part[1]::int, part[2]::int, part[3]::int);
    v := coalesce(part[4], part[5], '');
    if on_day is null or v = '' then
        return;
    end if;
    timed := regexp_match(
        v, '^(.*?) ?(Z|UTC|GMT|(?:UTC|GMT)?[+-][0-9]{1,2}(?::?[0-9]{2})?)(?:\[ASIA/SHANGHAI\])?$'
    );
    seconds := clean.seconds_of_day(coalesce(timed[1], v));
    ahead_minutes := clean.offset_minutes(timed[2]);
    if timed[1] = '' and ahead_minutes = 480 then  -- a day in our own zone
        ahead_minutes := null;
    elsif seconds is null or (timed is not null and ahead_minutes is null) then
        on_day := null;
    end if;
end $$;

-- An instant: '2025-06-25 02:00:00' (local, Asia/Shanghai) or with an offset; a day alone is its beginning.
-- Of the second, millionths are kept. 时刻
create or replace function clean.instant(value text) returns timestamptz
language plpgsql immutable parallel safe as $$
declare
    given record;
begin
    if value ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$'
        and clean.date(left(value, 10)) is not null then  -- the usual case
        return replace(value, 'T', ' ')::timestamp at time zone 'Asia/Shanghai';
    end if;
    given := clean.moment(value);
    return (given.on_day + interval '1 microsecond' * trunc(coalesce(given.seconds, 0) * 1e6)::bigint
        - interval '1 minute' * coalesce(given.ahead_minutes, 0))
        at time zone case when given.ahead_minutes is null then 'Asia/Shanghai' else 'UTC' end;
end $$;

-- Dates in all spellings met: 20240305, 2024-03-05, 2024/3/5, 2024.3.5, 2024年3月5日, with or without a time,
-- and Excel serial days (45356). With an offset, the day it was in Shanghai then. Which day 24:00 is of,
-- nobody can tell, nor whether 20251 is a serial day or a month. 日期
create or replace function clean.date(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    given record;
begin
    if value ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?$' then  -- the usual cases
        return clean.calendar_date(left(value, 4)::int, substr(value, 6, 2)::int, substr(value, 9, 2)::int);
    elsif value ~ '^[12][0-9]{7}$' then
        return clean.calendar_date(left(value, 4)::int, substr(value, 5, 2)::int, right(value, 2)::int);
    end if;
    given := clean.moment(value);
    if given.ahead_minutes is not null then
        return (clean.instant(value) at time zone 'Asia/Shanghai')::date;
    elsif given.on_day is not null then
        return case when given.seconds < 86400 is not false then given.on_day end;
    elsif clean.as_seen(value) ~ '^(?!(19|20)[0-9]{2}[1-9])[1-6][0-9]{4}(\.0*)?$' then
        return date '1899-12-30' + split_part(clean.as_seen(value), '.', 1)::int;
    end if;
    return null;
end $$;

-- A month as its first day: 202506, 2025-06, 2025年6月, or any date. 2025.1 may be October, as a
-- spreadsheet writes 2025.10. 月份
create or replace function clean.month(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    v text;
    part text[];
begin
    if value ~ '^[12][0-9]{3}-?[0-9]{2}$' then  -- the usual case
        return clean.calendar_date(left(value, 4)::int, right(value, 2)::int, 1);
    end if;
    v := regexp_replace(clean.as_seen(value), ' ?([年月/.-]) ?', '\1', 'g');
    part := regexp_match(v, '^([12][0-9]{3})(?:[-/.年]?([0-9]{2})|[-/年]([1-9])|\.([2-9]))(?:月份?|\.0+)?$');
    if part is not null then
        return clean.calendar_date(part[1]::int, coalesce(part[2], part[3], part[4])::int, 1);
    end if;
    return date_trunc('month', clean.date(value))::date;
end $$;

-- The end of something that may have none: a date, and 9999-12-31 where it is open (长期, 永久, 99991231). 止期
create or replace function clean.end_date(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    v text := upper(clean.as_seen(value));
begin
    if v ~ '^(长期|永久|终身)(有效)?$|^(终生|无期限|无固定期限|不限期|至今|INFINITY|9999-?99-?99)$'
        or v ~ '^(2999|[3-9][0-9]{3})[-/.年]?(0?[1-9]|1[0-2])[-/.月]?(0?[1-9]|[12][0-9]|3[01])日?([T ][0-9:.]*)?$' then
        return date '9999-12-31';
    end if;
    return clean.date(value);
end $$;

-- A plain number of at most 12 digits before the point: 1234.5, 1,234.5, (1,234.5) for one below zero, and
-- with an exponent where it says all digits: 7.25E+2, as programs write it. 2.35E+03 is what a spreadsheet
-- shows of 2345.67; 2300,00 is in China as likely a slip as a comma for the point: neither is read. 数值
create or replace function clean.number(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text;
    part text[];
begin
    if value ~ '^[0-9]{1,12}(\.[0-9]{1,12})?$' then  -- the usual case
        return value::numeric;
    end if;
    v := translate(upper(clean.compact(value)), '−–—‒‐', '-----');
    v := regexp_replace(v, '^\(([0-9.,]+)\)$', '-\1');
    if v ~ '^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$' then
        v := replace(v, ',', '');
    end if;
    if v ~ '^[-+]?([0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12})$' then
        return v::numeric;
    end if;
    part := regexp_match(v, '^[-+]?[0-9]{1,12}(?:\.([0-9]{0,12}))?E(?:\+?(0?)([0-9])|-(?:[0-9]|[1-9][0-9]))$');
    if part is null or (part[2] = '0' and length(coalesce(part[1], '')) < part[3]::int + 2) then
        return null;
    end if;
    return case when abs(v::numeric) < 1e12 then v::numeric end;
end $$;

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
    elsif v ~ '^[0-9]{1,6}/[0-9]{1,6}$' then
        share := split_part(v, '/', 1)::numeric / nullif(split_part(v, '/', 2)::numeric, 0);
    else
        share := clean.number(v);
    end if;
    return case when share between 0 and 1 then share end;
end $$;

-- Numbers nobody has: one digit throughout, or counted up. 占位号码
create or replace function clean.is_placeholder(value text) returns boolean
language sql immutable parallel safe
return length(value) >= 6 and ltrim(value, left(value, 1)) = '' or value ~ '^0?1234567';

-- Whether an upper-case value is what a spreadsheet shows of a long number (4.20222E+17), or a program of
-- a fraction (6222000011112222000.0): the digits are gone. 科学计数法
create or replace function clean.has_lost_digits(value text) returns boolean
language sql immutable parallel safe
return value ~ '^=?[0-9](\.[0-9]*E\+?|E\+)[0-9]{1,3}$' or value ~ '^[0-9]{16,}\.0*$';

-- A number or code that names something, as its sender writes it; null where it is missing or its digits
-- are lost: such would be one name for many. 编号
create or replace function clean.identifier(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[0-9A-Za-z-]*[1-9][0-9A-Za-z-]*$' then  -- the usual case
        return value;
    end if;
    v := regexp_replace(clean.compact(value), '^([0-9]{6,15})\.0+$', '\1');
    return case when not clean.is_missing(v) and v !~ '^0+$' and not clean.has_lost_digits(upper(v)) then v end;
end $$;

-- A bank account or card number; null where it is missing, masked, a word, a placeholder or has lost digits
-- (a number of 19 digits of which a spreadsheet kept 15). 银行账号
create or replace function clean.account(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[0-9]+$' and length(value) between 12 and 18 and not clean.is_placeholder(value) then
        return value;  -- the usual case, and the next; long patterns are dear
    elsif value ~ '^[0-9]+$' and length(value) between 12 and 32 then
        v := value;
    else
        v := upper(clean.identifier(value));
    end if;
    return case
        when v ~ '^[0-9A-Z][0-9A-Z-]{6,38}[0-9A-Z]$' and length(translate(v, '-ABCDEFGHIJKLMNOPQRSTUVWXYZ', '')) >= 6
            and v !~ '^[0-9]{15}0{4,}$' and not clean.is_placeholder(v) then v
    end;
end $$;

-- A division of GB/T 2260 (6 digits) or of the statistics bureau below it (9 or 12); null where it is none,
-- as after a spreadsheet (4.20202E+11). 000000 is the nation. 行政区划代码
create or replace function clean.division(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{5}$' and not clean.is_placeholder(value) then  -- the usual case
        return value;
    elsif clean.compact(value) = '000000' then
        return '000000';
    end if;
    v := clean.identifier(value);
    return case when v ~ '^[1-9][0-9]{5}([0-9]{3}|[0-9]{6})?$' and not clean.is_placeholder(v) then v end;
end $$;

-- The number of a person as stated, valid or not, to know the line by and to compare; null where it is
-- missing, one digit throughout or shows fewer than 15 of its digits: many people would bear it.
create or replace function clean.stated_number(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' and ltrim(value, left(value, 1)) <> '' then  -- the usual case
        return value;
    end if;
    v := upper(clean.compact(value));
    return case
        when not clean.is_missing(v) and ltrim(v, left(v, 1)) <> '' and v !~ '^[0-9](\.[0-9]{0,13})?E\+?[0-9]+$' then v
    end;
end $$;

-- The check digit of travel documents (ICAO 9303: weights 7, 3, 1, letters from 10) over the first 14
-- characters of a foreigner's old permanent residence number.
create or replace function clean.travel_check_digit(id_number text) returns text
language sql immutable parallel safe
return (
    select (sum(
        (array[7, 3, 1])[(place - 1) % 3 + 1]
        * case when character between '0' and '9' then ascii(character) - 48 else ascii(character) - 55 end
    ) % 10)::text
    from unnest(string_to_array(left(id_number, 14), null)) with ordinality as written (character, place)
);

-- Is there such a day (yymmdd) in this century or the last? 2000 had a 29 February, 1900 none.
create or replace function clean.day_without_century(yymmdd text) returns boolean
language sql immutable parallel safe
return clean.calendar_date(2000 + left(yymmdd, 2)::int, substr(yymmdd, 3, 2)::int, right(yymmdd, 2)::int) is not null;

-- An identity number in its normal form, or null where it is none. Of 18 characters: those of citizens
-- (GB 11643), of residents from Hong Kong, Macao and Taiwan (81, 82, 83) and of foreigners since 2023 (9, province,
-- country), all with the same check character. 15 digits get the century and the check character; sequences 996 to
-- 999 were kept for people born in the 1800s and stay unresolved. Of 15 characters: foreigners before 2023 (three
-- letters of the country, place of issue, birth date without century, sequence, check digit), which is another
-- number than the one the same person has now. Never padded, never corrected.
create or replace function clean.id_number(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' then  -- the usual case
        return case when clean.check_character(value) = right(value, 1) and clean.born_on(value) is not null then value end;
    end if;
    v := upper(clean.compact(value));
    if v ~ '^[1-9][0-9]{14}$' and right(v, 3) < '996' and not clean.is_placeholder(v) then
        v := left(v, 6) || '19' || substr(v, 7);
        v := v || clean.check_character(v);
    end if;
    if v ~ '^[1-9][0-9]{16}[0-9X]$' and clean.check_character(v) = right(v, 1) and clean.born_on(v) is not null
        or v ~ '^[A-Z]{3}[0-9]{12}$' and clean.travel_check_digit(v) = right(v, 1)
        and clean.day_without_century(substr(v, 8, 6)) then
        return v;
    end if;
    return null;
end $$;

-- The birth date a number of 18 characters gives; the old numbers of foreigners say no century. 出生日期
create or replace function clean.born_on(id_number text) returns date
language sql immutable parallel safe
return case when length(id_number) = 18 then clean.calendar_date(
    substr(id_number, 7, 4)::int, substr(id_number, 11, 2)::int, substr(id_number, 13, 2)::int
) end;

-- The sex a number of 18 characters gives (GB/T 2261.1): its sequence is odd for men. 性别
create or replace function clean.sex_code(id_number text) returns text
language sql immutable parallel safe
return case when length(id_number) = 18 then
    case substr(id_number, 17, 1)::int % 2 when 1 then '1' else '2' end
end;

-- The first 15 digits that a spreadsheet left of an 18-digit number (4.20222194002048e+17): a trace
-- to compare with, never a number.
create or replace function clean.surviving_digits(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' and right(value, 3) <> '000' then  -- the usual case
        return null;
    end if;
    v := upper(clean.compact(value));
    if v ~ '^[1-9]\.[0-9]{1,16}E\+?17$' or v ~ '^[1-9][0-9]{17}\.0+$'
        or (v ~ '^[1-9][0-9]{14}000$' and clean.id_number(v) is null) then
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
    v text;
    valid boolean := clean.id_number(value) is not null;
begin
    if valid and value ~ '^[1-9][0-9]{16}[0-9X]$' then  -- the usual case
        return '';
    end if;
    v := upper(clean.compact(value));
    if valid and v = value and v !~ '^[0-9]{15}$' then
        return '';
    elsif clean.is_missing(v) or v ~ '^0+$' then
        return 'missing';
    elsif clean.is_placeholder(v) then
        return 'placeholder';
    elsif not valid and (clean.has_lost_digits(v) or v ~ '^[0-9]{15}000$') then
        return 'lost_digits';
    end if;
    return concat_ws(
        ',',
        case when value ~ '[０-９Ｘｘ]' then 'full_width' end,
        case when value ~ '[''’‘`]' then 'apostrophe' end,
        case when value ~ '^\s*[=＝]' then 'wrapped' end,
        case when value ~ '[\s\u00a0\u2000-\u200a\u202f\u3000]' then 'blanks' end,
        case when value ~ '[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]' then 'unseen' end,
        case when value ~ '[a-zｘ]' then 'lower_case' end,
        case
            when valid then case when v ~ '^[0-9]{15}$' then 'upgraded_15' end
            when v !~ '^([0-9]{15}|[0-9]{17}[0-9X]|[A-Z]{3}[0-9]{12})$' then 'wrong_form'
            when v ~ '^[0-9]{15}$' or clean.born_on(v) is null and length(v) = 18
                or length(v) = 15 and not clean.day_without_century(substr(v, 8, 6)) then 'wrong_date'
            else 'wrong_check'
        end);
end $$;

-- Masked for people who may not see it: 420203********229X, KAZ110*****3105. 脱敏
create or replace function clean.mask_id_number(value text) returns text
language sql immutable parallel safe
return case
    when length(value) in (15, 18) then overlay(value placing repeat('*', length(value) - 10) from 7) else '****'
end;

-- A text that is no number of a person, with those that somebody wrote into it masked, as a case filled in
-- with an identity number, or a cell of the column beside it; also such as a disability card adds two digits to.
-- Each keeps its length, so that two stay two; other long numbers stay as they are.
create or replace function clean.mask_id_numbers_in(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    written text;
begin
    if value is null or value !~ '\d{12}' then  -- the usual case
        return value;
    end if;
    for written in
        select coalesce(match[1], match[2], match[3])
        from regexp_matches(
            value,
            '(?<![\d.])(?:(\d{17}[\dXx])(?:\d\d)?|(\d{15}))(?!\d)|(?<![A-Za-z])([A-Za-z]{3}\d{12})(?!\d)', 'g'
        ) as match
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
