-- Does a live authorization cover every member? Returns the reason why not (null: it does), the
-- members not covered, and the sources opened for all (null: every source).
create or replace function verification.judge_authorization(
    asked_no text, asked verification.asked_member[], at_generation integer, asked_on date,
    out reason text, out uncovered integer[], out open_feeds text[]
)
language plpgsql stable as $$
declare
    is_known boolean;
    in_period boolean;
begin
    if not verification.is_authorization_of_client(asked_no) then
        reason := 'unknown';
        return;
    end if;
    if verification.is_revoked(asked_no) then
        reason := 'revoked';
        return;
    end if;
    with

    -- 授权书 of the aid household feed: signed for the household as it stands, all sources.
    consents as (
        select
            asked_member.member_no,
            household.authorized_from,
            household.authorized_to,
            null::text[] as feeds
        from pub.aid_household_at(at_generation) as household
        left join pub.aid_household_member_at(at_generation) as member
            on member.aid_household_no = household.aid_household_no and member.valid_to is null
        left join unnest(asked) as asked_member on asked_member.number_resident_id = member.resident_id
        where household.authorization_no = asked_no
        union all
        select
            asked_member.member_no,
            entered.authorized_from,
            entered.authorized_to,
            entered.feeds
        from ops.authorization as entered
        left join unnest(asked) as asked_member on asked_member.id_number = entered.id_number
        where
            entered.authorization_no = asked_no and verification.is_said_for(entered.entered_divisions, asked_no)
    ),

    live as (
        select * from consents where asked_on between consents.authorized_from and consents.authorized_to
    ),

    opened as (
        select
            live.member_no,
            bool_or(live.feeds is null) as opens_all,
            array(
                select distinct feed
                from live as same, unnest(same.feeds) as feed
                where same.member_no = live.member_no
            ) as feeds
        from live
        where live.member_no is not null
        group by live.member_no
    )

    select
        exists (select from consents),
        exists (select from live),
        array(
            select asked_member.member_no
            from unnest(asked) as asked_member
            where
                asked_member.member_no not in (select opened.member_no from opened)
                -- of somebody without a valid number nothing can be told
                and asked_member.id_number is not null
            order by 1
        ),
        case when exists (select from opened where not opened.opens_all) then array(
            select feed.feed
            from pub.source_freshness_at(at_generation) as feed
            where not exists (select from opened where not opened.opens_all and feed.feed <> all(opened.feeds))
            order by feed.feed
        ) end
    into is_known, in_period, uncovered, open_feeds;
    reason := case
        when not is_known then 'unknown'
        when not in_period then 'outside_period'
        when uncovered <> '{}' then 'person_not_covered'
    end;
end $$;
