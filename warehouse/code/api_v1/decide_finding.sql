-- What was the last word of this login already is not said twice: how many rows were written. On the desk `seen` says
-- how the finding stood to whoever decides; null where that was on paper.
-- The amount is in all so far: with none given that of the latest decision stands on, and 0 takes it back.
create or replace function api_v1.decide_finding(
    finding_id text, decision text, reason_code text, decided_by text, note text, seen text, recovered_yuan numeric
) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    stated constant text := clean.words($5);
    stands numeric;
    written integer;
begin
    if $6 is not null then
        perform verification.want_unchanged($1, $6);
    end if;
    if $7 is not null and ($2 not in ('confirmed', 'cleared') or not ($7 = 0 or $7 between 0.01 and 999999999999.99)) then
        raise invalid_parameter_value using message =
            '金额只随属实或已消除登记，不得为负。 An amount goes with confirmed or cleared alone, and is not below nothing.';
    end if;
    if not exists (
        select from pub.current_finding_reason as reason where (reason.decision, reason.reason_code) = ($2, $3)
    ) then
        raise invalid_parameter_value using message = '没有这种处理与原因。 No such decision with such a reason.';
    end if;
    if exists (
        select from pub.current_finding as found
        inner join pub.current_finding_reason as reason on reason.reason_code = $3
        where found.finding_id = $1 and not verification.is_reason_for(reason.side, found.rule_code)
    ) then
        raise invalid_parameter_value using message =
            '这个原因不适用于该规则的疑点。 This reason does not go with findings of that rule.';
    end if;
    perform verification.want_words($4, stated);
    perform verification.lock_finding($1);
    if $2 in ('confirmed', 'cleared') then
        stands := nullif(coalesce(
            round($7, 2),
            (
                select latest.recovered_yuan
                from ops.finding_decision as latest
                where latest.finding_id = $1
                order by latest.decision_id desc
                limit 1
            )
        ), 0);
    end if;
    insert into ops.finding_decision
        (finding_id, rule_code, division_code, evidence_digest, decision, reason_code, decided_by, note, recovered_yuan)
    select
        found.finding_id, found.rule_code, found.division_code, found.evidence_digest, $2, $3, $4, stated, stands
    from pub.current_finding as found
    where
        found.finding_id = $1
        and found.outcome = 'hit'
        and exists (select from verification.finding as own where own.finding_id = $1)
        and not exists (
            select from ops.finding_decision as latest
            where
                latest.decision_id = (
                    select max(earlier.decision_id) from ops.finding_decision as earlier where earlier.finding_id = $1
                )
                and (
                    latest.evidence_digest, latest.decision, latest.reason_code, latest.decided_by, latest.decided_login
                ) = (found.evidence_digest, $2, $3, $4, session_user)
                and latest.note is not distinct from stated
                and latest.recovered_yuan is not distinct from stands
        );
    get diagnostics written = row_count;
    return written;
end $$;
comment on function api_v1.decide_finding(text, text, text, text, text, text, numeric) is
'记下对本区划疑点的处理决定，及已追回或停付的金额；他人刚刚办理过的，告知而不记';

-- As they were before an amount was asked for.
create or replace function api_v1.decide_finding(
    finding_id text, decision text, reason_code text, decided_by text, note text
) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return api_v1.decide_finding($1, $2, $3, $4, $5, null, null);
end $$;
comment on function api_v1.decide_finding(text, text, text, text, text) is '记下对本区划疑点的处理决定';

create or replace function api_v1.decide_finding(
    finding_id text, decision text, reason_code text, decided_by text, note text, seen text
) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return api_v1.decide_finding($1, $2, $3, $4, $5, coalesce($6, ''), null);
end $$;
comment on function api_v1.decide_finding(text, text, text, text, text, text) is
'记下对本区划疑点的处理决定；他人刚刚办理过的，告知而不记';

grant execute on function api_v1.decide_finding(text, text, text, text, text) to officer;
grant execute on function api_v1.decide_finding(text, text, text, text, text, text) to officer;
grant execute on function api_v1.decide_finding(text, text, text, text, text, text, numeric) to officer;
