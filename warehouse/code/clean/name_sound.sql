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
