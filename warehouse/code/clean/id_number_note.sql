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
