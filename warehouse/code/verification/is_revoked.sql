create or replace function verification.is_revoked(authorization_no text) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from ops.authorization_revocation as revoked
        where revoked.authorization_no = $1 and verification.is_said_for(revoked.divisions, $1)
    );
end $$;
