-- What people say is kept for ever: it names somebody, and holds no identity number.
create or replace function verification.want_words(who text, words text) returns void
language plpgsql stable as $$
begin
    if coalesce(clean.as_seen($1), '') = '' then
        raise invalid_parameter_value using message = 'Nobody is named who says so.';
    end if;
    if clean.mask_id_numbers_in($1) is distinct from $1 or clean.mask_id_numbers_in($2) is distinct from $2 then
        raise invalid_parameter_value using message = 'An identity number stands in what is kept for ever.';
    end if;
end $$;
