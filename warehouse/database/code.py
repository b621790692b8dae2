"""Functions, views, policies and rights of the database as they stand in ``warehouse/code``: one name, one file.

``<schema>/<name>.sql`` makes what bears the name (``create or replace``) and says, last, who may use it. Where
TABLE stands in a name, the file is applied for each served table, with TABLE and COLUMNS as its own.
"""

import re
from collections.abc import Iterator
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

SERVED = """
select relation.relname, string_agg(quote_ident(attname), ', ' order by attnum)
from pg_class as relation
inner join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
where relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
group by relation.relname
having bool_or(attname = 'from_generation')
order by relation.relname
"""
SPAN = {"row_key", "row_hash", "from_generation", "to_generation"}

MENTIONED = re.compile(rf"\b(?:{'|'.join(SCHEMAS)})\.\w+")
# PL/pgSQL looks names up when it runs: in which order its statements name others says nothing.
LOOKED_UP_LATER = re.compile(r"--[^\n]*|(?ms:^begin$.*?^end \$\$)")
FIRST_GRANT = re.compile(r"^(?:--.*\n)*grant ", re.MULTILINE)


def files() -> dict[str, str]:
    """The text of every file by its path in the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(FOLDER.rglob("*.sql"))
    }


def roles() -> list[str]:
    """The group roles: who has rights has a file that says which."""
    return sorted(path.stem for path in (FOLDER / "rights").glob("*.sql"))


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
    ordered = objects(texts)
    served = dict(list(connection.execute(text(SERVED)).tuples()))
    making = {name: FIRST_GRANT.split(texts[name], maxsplit=1)[0] for name in ordered}
    for name in BEFORE:
        _run(connection, texts[name])
    for name in ordered:
        for statements in _for_each(name, making[name], served):
            _run(connection, statements)
    for name in AFTER:
        _run(connection, texts[name])
    if not _all_roles_exist(connection):
        return
    rights = sorted(name for name in texts if name.startswith("rights/"))
    for statements in (
        *(texts[name] for name in RIGHTS_BEFORE),
        *(texts[name].removeprefix(making[name]) for name in ordered),
        *(texts[name] for name in (*rights, *RIGHTS_AFTER)),
    ):
        _run(connection, statements)


def _is_object(name: str) -> bool:
    return name.split("/")[0] in SCHEMAS


def _for_each(name: str, statements: str, served: dict[str, str]) -> Iterator[str]:
    if "TABLE" not in name:
        yield statements
        return
    for table, columns in served.items():
        shown = ", ".join(column for column in columns.split(", ") if column not in SPAN)
        yield statements.replace("COLUMNS", shown).replace("TABLE", table)


def _all_roles_exist(connection: Connection) -> bool:
    found = connection.execute(
        text("select count(*) from pg_roles where rolname = any(:roles)"), {"roles": roles()}
    )
    return found.scalar_one() == len(roles())


def _run(connection: Connection, statements: str) -> None:
    """By the driver's own cursor: a file takes no parameters, so '%' is just a character."""
    listed = ", ".join(f"'{role}'" for role in roles())
    if statements.strip():
        connection.connection.cursor().execute(statements.replace("array[ROLES]", f"array[{listed}]"))
