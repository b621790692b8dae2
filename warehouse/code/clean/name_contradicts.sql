-- Does a name say somebody else than a number? Asked by linkage of every line, and by verification of
-- every member asked for, of the same names of the holder (ops.holder_name, served as resident.known_names).
--
-- holder_names: those a number is known by; none where nobody is known to hold it. kin_names: who ever
-- stood in a household book of the holder. Brothers' names differ in one character, so that the exact name of a
-- relative is the relative's. 姓名与号码不符
create or replace function clean.name_contradicts(stated text, holder_names text[], kin_names text[]) returns boolean
language sql stable parallel safe
return stated <> all(holder_names) and (
    stated = any(kin_names)
    or not exists (select from unnest(holder_names) as holder (name) where clean.is_one_name(stated, holder.name))
);
