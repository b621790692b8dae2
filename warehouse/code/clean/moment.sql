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
