"""The names residents go by and how names sound: kept in the database, each worked out once."""

import psycopg

# Only residents that the news of this run names, or named before.
NAMED = """
create temporary table named_resident on commit drop as
select distinct links.number_resident_id as resident_id
from news
inner join ops.person_link as links using (delivery_id, line_number, role)
where links.number_resident_id is not null
union
select child_resident_id from moved_number
"""

ALL_NAMED = """
create temporary table named_resident on commit drop as
select resident_id from ops.resident_identity where id_number is not null
"""

RESIDENT_NAMES = """
analyze named_resident;

delete from ops.resident_name using named_resident
where resident_name.resident_id = named_resident.resident_id;

insert into ops.resident_name (resident_id, name)
select distinct links.resident_id, mentions.name
from named_resident
inner join ops.person_link as links using (resident_id)
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where links.method = 'id_number' and mentions.name is not null;
analyze ops.resident_name;
"""

UNHEARD = """
insert into ops.name_sound (name, sound)
select name, clean.name_sound(name)
from (
    select resident_name.name
    from ops.resident_name
    inner join named_resident using (resident_id)
    union
    select name from open_mention where name is not null
) as said
where not exists (select 1 from ops.name_sound where name_sound.name = said.name);
analyze ops.name_sound;
"""


def keep_resident_names(connection: psycopg.Connection, anew: bool) -> None:
    """Bring ``ops.resident_name`` up to date. Leaves ``named_resident``: residents with news, or all."""
    connection.execute(ALL_NAMED if anew else NAMED)
    connection.execute(RESIDENT_NAMES)


def learn_sounds(connection: psycopg.Connection) -> None:
    """Bring ``ops.name_sound`` up to date with the names of residents and open mentions."""
    connection.execute(UNHEARD)
