-- Whoever acts on a finding has seen how it stands: where another was faster, that is said instead.
create or replace function verification.want_unchanged(finding_id text, seen text) returns void
language plpgsql as $$
begin
    if not exists (select from verification.finding as own where own.finding_id = $1) then
        raise invalid_parameter_value using message = '没有这条疑点。 There is no such finding.';
    end if;
    perform verification.lock_finding($1);
    if $2 is distinct from coalesce((select desk.seen from ops.finding_desk as desk where desk.finding_id = $1), '0.0') then
        raise object_not_in_prerequisite_state using
            message = '他人刚刚办理了这条疑点，请看过之后再办。 Somebody else was faster: look at it anew.';
    end if;
end $$;
