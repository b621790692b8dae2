"""Functions, views, policies and rights of the database as they stand in ``warehouse/code``: one name, one file.

``<schema>/<name>.sql`` makes what bears the name (``create or replace``) and says, last, who may use it. Where
TABLE stands in a name, the file is applied for each served table, with TABLE and COLUMNS as its own; array[ROLES]
in the files around the objects is the group roles.
"""

import re
from collections.abc import Iterator
from glob import glob
from graphlib import TopologicalSorter
from pathlib import Path

from sqlalchemy import Connection, text

FOLDER = Path(__file__).parents[1] / "code"
SCHEMAS = ("clean", "ops", "audit", "pub", "verification", "api_v1", "analytics")
# Around the objects, in this order; what gives rights only where the roles of rights/ exist.
BEFORE = ("roles.sql", "undescribed.sql")
AFTER = ("columns.sql", "nothing_for_everybody.sql")
RIGHTS_BEFORE = ("owners.sql",)
RIGHTS_AFTER = ("programs.sql", "policies.sql")

# Served tables and what they serve: all columns but those of the span in which a row holds.
SERVED = """
select
    relation.relname,
    string_agg(quote_ident(attname), ', ' order by attnum)
    filter (where attname not in ('row_key', 'row_hash', 'from_generation', 'to_generation'))
from pg_class as relation
inner join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
where relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
group by relation.relname
having bool_or(attname = 'from_generation')
order by relation.relname
"""

MENTIONED = re.compile(rf"\b(?:{'|'.join(SCHEMAS)})\.\w+")
# PL/pgSQL looks names up when it runs: in which order its statements name others says nothing.
LOOKED_UP_LATER = re.compile(r"--[^\n]*|(?ms:^begin$.*?^end \$\$)")
FIRST_GRANT = re.compile(r"^(?:--.*\n)*grant ", re.MULTILINE)


def files() -> dict[str, str]:
    """The text of every file by its path in the folder. Every command asks: a walk by Path would cost it twice."""
    names = sorted(glob("**/*.sql", root_dir=FOLDER, recursive=True))
    return {name: (FOLDER / name).read_text(encoding="utf-8") for name in names}


def roles(texts: dict[str, str]) -> list[str]:
    """The group roles: who has rights has a file that says which."""
    return [name.removeprefix("rights/").removesuffix(".sql") for name in texts if name.startswith("rights/")]


def objects(texts: dict[str, str]) -> list[str]:
    """The files that make objects, each after those whose objects it names.

    Raises graphlib.CycleError where two name each other.
    """
    files_of = {name.removesuffix(".sql").replace("/", "."): name for name in texts if _is_object(name)}
    patterns = {
        re.compile(name.replace(".", r"\.").replace("TABLE", r"\w+")): file
        for name, file in files_of.items()
        if "TABLE" in name
    }

    def made_by(name: str) -> Iterator[str]:
        if name in files_of:
            yield files_of[name]
        else:
            yield from (file for pattern, file in patterns.items() if pattern.fullmatch(name))

    named = {file: set(MENTIONED.findall(LOOKED_UP_LATER.sub("", texts[file]))) for file in files_of.values()}
    needs = {
        file: sorted({needed for name in names for needed in made_by(name)} - {file})
        for file, names in named.items()
    }
    return list(TopologicalSorter(needs).static_order())


def apply(connection: Connection) -> None:
    """Everything anew: what hangs on an object (a view's columns, a served table's) follows it."""
    texts = files()
    cursor = (
        connection.connection.cursor()
    )  # the driver's own: a file takes no parameters, '%' is a character
    served: dict[str, str] = dict(list(connection.execute(text(SERVED)).tuples()))
    for statements in _definitions(texts, served):
        cursor.execute(statements)
    if _all_exist(connection, roles(texts)):
        for statements in _rights(texts):
            cursor.execute(statements)


def _definitions(texts: dict[str, str], served: dict[str, str]) -> Iterator[str]:
    yield from (_for_roles(texts, name) for name in BEFORE)
    for name in objects(texts):
        definition = FIRST_GRANT.split(texts[name], maxsplit=1)[0]
        if "TABLE" not in name:
            yield definition
            continue
        for table, columns in served.items():
            yield definition.replace("COLUMNS", columns).replace("TABLE", table)
    yield from (texts[name] for name in AFTER)


def _rights(texts: dict[str, str]) -> Iterator[str]:
    yield from (_for_roles(texts, name) for name in RIGHTS_BEFORE)
    for name in objects(texts):
        if found := FIRST_GRANT.search(texts[name]):
            yield texts[name][found.start() :]
    yield from (texts[name] for name in (*(f"rights/{role}.sql" for role in roles(texts)), *RIGHTS_AFTER))


def _for_roles(texts: dict[str, str], name: str) -> str:
    listed = ", ".join(f"'{role}'" for role in roles(texts))
    return texts[name].replace("array[ROLES]", f"array[{listed}]")


def _is_object(name: str) -> bool:
    return name.split("/")[0] in SCHEMAS


def _all_exist(connection: Connection, wanted: list[str]) -> bool:
    found = connection.execute(
        text("select count(*) from pg_roles where rolname = any(:wanted)"), {"wanted": wanted}
    )
    return found.scalar_one() == len(wanted)
