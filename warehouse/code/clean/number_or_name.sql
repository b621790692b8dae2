-- What tells a person of a sender's line from the others of its case where the sender may leave the number out: the
-- number; else the name, also one that names nobody (张*), with what is left of a number that lost digits. 证件号或姓名
create or replace function clean.number_or_name(number text, name text) returns text
language sql immutable parallel safe
return coalesce(
    clean.whole_number(number),
    coalesce(clean.person_name(name), clean.compact(name)) || coalesce(clean.stated_number(number), '')
);
