-- What was asked by hand by the login, those of the same divisions and who has left, the newest first; by its whole
-- number any report of a consent of the own divisions. The people are masked. One row beyond those wanted says that
-- there are more; of its people, and of those whose consent was withdrawn, nothing is told.
create or replace function api_v1.desk_reports(
    purpose text, number text, aid_type text, since date, is_own boolean, most integer, passed_over integer
) returns table (
    report_no text, asked_on date, valid_until date, is_expired boolean, is_withdrawn boolean, operation text,
    aid_type_zh text, asked_by text, client text, masked_name text, masked_id_number text, member_count integer,
    lead_count integer, unjudged_count integer, objection_count integer, is_self_entered boolean
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    sees_all constant boolean := pub.sees_all_divisions();
    own_divisions constant text[] := pub.own_divisions();
    fellows constant text[] := array(
        select scope.user_name from ops.division_scope as scope
        where not $5 and (sees_all or scope.division_code = any(own_divisions))
    ) || session_user::text;
    found text[];
    told_of text[];
begin
    perform verification.want_purpose($1);
    found := array(
        select log.report_no
        from audit.verification_log as log
        where
            log.outcome = 'answered'
            and log.client is null
            and (log.caller = any(fellows) or not $5 and to_regrole(quote_ident(log.caller)) is null)
            and ($2 is null or starts_with(log.report_no, $2))
            and ($3 is null or log.request ->> 'aid_type' = $3)
            and ($4 is null or log.asked_on >= $4)
            and verification.is_own_authorization(log.authorization_no)
        order by log.logged_at desc, log.report_no
        limit $6 + 1 offset $7
    );
    if found = '{}' and $2 is not null and $7 = 0 then
        found := array_remove(array[(verification.own_report($2)).report_no], null);
    end if;
    told_of := array(
        select log.report_no
        from audit.verification_log as log
        where
            log.report_no = any(found[:$6]) and log.outcome = 'answered'
            and not verification.is_revoked(log.authorization_no)
    );
    perform verification.note_reading(
        'desk_reports', $1,
        jsonb_strip_nulls(jsonb_build_object(
            'number', $2, 'aid_type', $3, 'since', $4, 'is_own', $5, 'most', $6, 'passed_over', $7
        )),
        array(
            select distinct told.resident_id
            from audit.verification_log as log
            cross join lateral unnest(log.resident_ids) as told (resident_id)
            where log.report_no = any(told_of) and log.outcome = 'answered'
            order by 1
        )
    );
    return query
    select
        log.report_no,
        log.asked_on,
        (log.answer ->> 'valid_until')::date,
        (log.answer ->> 'valid_until')::date < verification.today(),
        verification.is_revoked(log.authorization_no),
        log.operation,
        known.title_zh,
        log.operator,
        log.client,
        clean.mask_name(told.answer #>> '{asked,names,0}'),
        told.answer #>> '{members,0,masked_id_number}',
        jsonb_array_length(told.answer -> 'members'),
        jsonb_array_length(jsonb_path_query_array(told.answer -> 'flags', '$[*] ? (@.outcome == "hit")')),
        jsonb_array_length(jsonb_path_query_array(told.answer -> 'flags', '$[*] ? (@.outcome != "hit")')),
        (select count(*)::integer from ops.objection as raised where raised.report_no = log.report_no),
        log.client is null and verification.is_self_entered(log.authorization_no, log.caller)
    from audit.verification_log as log
    left join lateral (select log.answer where log.report_no = any(told_of)) as told on true
    left join pub.current_verification_code as known
        on known.code_list = 'aid_type' and known.code = log.request ->> 'aid_type'
    where log.report_no = any(found) and log.outcome = 'answered'
    order by log.logged_at desc, log.report_no;
end $$;
comment on function api_v1.desk_reports(text, text, text, date, boolean, integer, integer) is
'本区划人员手工询问所得的核对报告（人员脱敏，授权已撤回的不示）；按完整编号也可查到他人或系统所问、授权书属本区划的；另有更多时多给一行；留痕';

grant execute on function api_v1.desk_reports(text, text, text, date, boolean, integer, integer) to officer;
