-- Does a name say somebody else than a number? Asked by linkage of every line, and by verification of
-- every member asked for, of the same names of the holder (ops.holder_name, served as resident.known_names).

-- How a name sounds, without tones and middle dot: 解红玉 is 'xie hong yu'. Characters without a
-- reading stay as they are, so that two of them are never taken as equal. 读音
create or replace function clean.name_sound(name text) returns text
language sql stable parallel safe
return (
    select string_agg(
        coalesce(case when place = 1 then known.surname_sound end, known.sound, written.character), ' ' order by place
    )
    from unnest(string_to_array(replace(name, '·', ''), null)) with ordinality as written (character, place)
    left join clean.character_sound as known on known.character = written.character
);

-- May two names be one person's? Written alike: the same sound (also in pinyin), one character different
-- in names of three and more (the surname too: it changes by marriage and adoption), a longer form of three
-- characters and more (冠夫姓, a father's name after the dot). A shared surname alone is a family, a shared
-- character of the given name a generation. 可为同一人的写法
create or replace function clean.is_one_name(one text, other text) returns boolean
language plpgsql stable parallel safe as $$
begin
    if one = other then
        return true;
    elsif length(one) = length(other) and length(one) >= 3 and (
        select count(*) = 1
        from unnest(string_to_array(one, null), string_to_array(other, null)) as place (a, b)
        where a <> b
    ) then
        return true;
    elsif length(one) >= 3 and (starts_with(other, one) or right(other, length(one)) = one)
        or length(other) >= 3 and (starts_with(one, other) or right(one, length(other)) = other) then
        return true;
    end if;
    return lower(replace(clean.name_sound(one), ' ', '')) = lower(replace(clean.name_sound(other), ' ', ''));
end $$;

-- holder_names: those a number is known by; none where nobody is known to hold it. kin_names: who ever
-- stood in a household book of the holder. Brothers' names differ in one character, so that the exact name of a
-- relative is the relative's. 姓名与号码不符
create or replace function clean.name_contradicts(stated text, holder_names text[], kin_names text[]) returns boolean
language sql stable parallel safe
return stated <> all(holder_names) and (
    stated = any(kin_names)
    or not exists (select from unnest(holder_names) as holder (name) where clean.is_one_name(stated, holder.name))
);
