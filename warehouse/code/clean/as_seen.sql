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
