-- Nothing is told without a purpose of the list. An error, because rows cannot say that there are none.
create or replace function verification.want_purpose(purpose text) returns void
language plpgsql stable as $$
begin
    if coalesce($1, '') <> all(api_v1.purposes()) then
        raise invalid_parameter_value using message = '没有给出代码表中的用途，什么也不显示。 No purpose of the list was given, so nothing is told.';
    end if;
end $$;
