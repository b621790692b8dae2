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
