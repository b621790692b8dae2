-- Whether the login may say who stands in for another: for itself, and a head for those of its own divisions alone.
create or replace function verification.may_arrange(login text) returns boolean
language plpgsql stable as $$
begin
    return $1 = session_user or verification.is_head() and verification.covers_divisions(session_user, $1);
end $$;
