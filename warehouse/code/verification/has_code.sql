create or replace function verification.has_code(code_list text, code text, generation integer) returns boolean
language plpgsql stable as $$
begin
    return (
        select exists (
            select from pub.verification_code_at($3) as known where known.code_list = $1 and known.code = $2
        )
    );
end $$;
