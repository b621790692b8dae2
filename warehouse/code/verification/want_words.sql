-- What people say is kept for ever: it names somebody, and holds no identity number.
create or replace function verification.want_words(who text, words text) returns void
language plpgsql stable as $$
begin
    if clean.words($1) is null then
        raise invalid_parameter_value using message = '没有写明是谁。 Nobody is named who says so.';
    end if;
    if length($1) > 200 or length($2) > 2000 then
        raise invalid_parameter_value using message = '所写过长：姓名至多 200 字，备注至多 2000 字。 That is too long: a name has at most 200 characters, a note 2000.';
    end if;
    if clean.mask_id_numbers_in($1) is distinct from $1 or clean.mask_id_numbers_in($2) is distinct from $2 then
        raise invalid_parameter_value using message = '其中有身份号码，而所写的永久保存，请删去。 An identity number stands in what is kept for ever.';
    end if;
end $$;
