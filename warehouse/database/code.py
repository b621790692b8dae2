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

from warehouse.database.errors import UsageError

FOLDER = Path(__file__).parents[1] / "code"
SCHEMAS = ("clean", "ops", "audit", "pub", "verification", "api_v1", "analytics")
# Around the objects, in this order; what gives rights only where the roles of rights/ exist.
BEFORE = ("roles.sql", "undescribed.sql")
OWNERS = ("dw_owner", "analytics_owner", "line_reader")
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
        _refuse_half_an_owner(connection)


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
    """None where no administrator has made any yet. Raises UsageError where a new version wants one more: without it
    nobody would have the rights of the new version, nor those of the old one."""
    missing = connection.execute(
        text("select name from unnest(cast(:wanted as text[])) as name where to_regrole(name) is null"),
        {"wanted": wanted},
    )
    names = missing.scalars().all()
    if names and len(names) < len(wanted):
        raise UsageError(
            "缺少组角色，未作改动，请由超级用户建立后再迁移。 "
            "Group roles of this version are missing, and this login may not make them. Nothing was changed; run as a "
            f"superuser and migrate again: {' '.join(f'create role {name} nologin;' for name in names)}"
        )
    return not names


def _refuse_half_an_owner(connection: Connection) -> None:
    """Who is a member of some owners and not of all would leave what runs with an owner's rights running with its own.
    Raises UsageError."""
    missing = connection.execute(
        text(
            "select name from unnest(cast(:owners as text[])) as name "
            "where not pg_has_role(current_user, name, 'usage')"
        ),
        {"owners": list(OWNERS)},
    )
    names = missing.scalars().all()
    if names and len(names) < len(OWNERS):
        login = connection.execute(text("select current_user::text")).scalar_one()
        raise UsageError(
            "迁移的登录须属于全部所有者角色，未作改动。 "
            "Who migrates is a member of all roles that own what is served, or of none. Nothing was changed; run as a "
            f"superuser and migrate again: {' '.join(f'grant {name} to {login};' for name in names)}"
        )
