-- May the client ask under it? One that is limited to divisions, only under theirs; any other under all.
create or replace function verification.is_authorization_of_client(authorization_no text) returns boolean
language plpgsql stable as $$
declare
    listed constant text[] := (
        select client.divisions from ops.client as client where client.client = verification.asking_client()
    );
begin
    return listed is null or '*' = any(listed) or verification.is_authorization_of(
        $1,
        listed || array(
            select former.successor_code
            from pub.current_division as former
            where former.division_code = any(listed) and former.successor_code is not null
        )
    );
end $$;
