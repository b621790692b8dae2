-- What makes a consent one, said by the first that is missing. A number in use elsewhere cannot be shared: whoever
-- adds to it would hold it too. That it is in use is all that is told of it.
create or replace function verification.want_consent(
    authorization_no text, id_numbers text[], feeds text[], authorized_from date, authorized_to date, entered_by text
) returns void
language plpgsql stable as $$
declare
    most_days constant numeric := (
        select verification.parameter('authorization_max_days', pointer.generation, verification.today())
        from pub.current_generation as pointer
    );
    wrong constant text := case
        when not coalesce(length(clean.as_seen($1)) between 1 and 64, false)
            then '授权书编号为 1 至 64 个字符。 An authorization has a number of at most 64 characters.'
        when coalesce(cardinality($2), 0) = 0 then '没有写明签署人的身份号码。 Nobody is named who signed: one identity number each is wanted.'
        when not coalesce(isfinite($4) and isfinite($5), false) then '授权书须有起日和止日。 An authorization has a first and a last day.'
        when $5 < $4 then '授权书的止日早于起日。 The authorization would end before it begins.'
        when $5 - $4 >= most_days then format(
            '授权期间为 %1$s 天，最多 %2$s 天（参数 authorization_max_days）。 '
            'The authorization would last %1$s days; at most %2$s are accepted.',
            $5 - $4 + 1, trim_scale(most_days)
        )
        when cardinality($3) = 0 then '授权书没有开放任何来源；不写来源则全部开放。 '
                'The authorization would open no source; every one is opened where none is named.'
        when exists (
            select from unnest($3) as named (feed)
            where not exists (select from ops.feed as known where named.feed = any(known.records))
        ) then (
            select format('没有这个来源。 A source is named that is none. Known: %s.', string_agg(known.feed, ', ' order by known.feed))
            from (select distinct unnest(records) as feed from ops.feed) as known
        )
        when
            verification.is_revoked($1)
            or (
                not verification.is_own_authorization($1)
                and (
                    exists (select from ops.authorization as entered where entered.authorization_no = $1)
                    or exists (select from pub.aid_household as delivered where delivered.authorization_no = $1)
                    -- What was told under it stays the former's, also once a household has another number.
                    or exists (
                        select from audit.verification_log as told
                        where told.authorization_no = $1 and told.outcome = 'answered'
                    )
                )
            )
            then '此编号已撤回或他处在用，授权须用新编号。 '
                'This number was withdrawn or is in use elsewhere: a consent needs a new number.'
    end;
begin
    perform verification.want_words($6, null);
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
end $$;
