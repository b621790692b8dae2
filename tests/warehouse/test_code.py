"""The objects of the database and the files that make them: one name, one file, none left over."""

import re
import shutil
from graphlib import CycleError
from pathlib import Path

import psycopg
import pytest

from warehouse.database import code
from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate

MADE = re.compile(r"^create or replace (?:function|view) ([\w.]+)", re.MULTILINE)
SPOKEN_OF = re.compile(r"^(?:comment|grant) .*?\bon (?:function |view |column )?([\w.]+)", re.MULTILINE)


def object_files() -> dict[str, str]:
    texts = code.files()
    return {name: texts[name] for name in code.objects(texts)}


def test_a_file_makes_what_bears_its_name_and_drops_nothing() -> None:
    for file, text in object_files().items():
        name = file.removesuffix(".sql").replace("/", ".")
        assert set(MADE.findall(text)) == {name}, file
        assert {
            spoken.rpartition(".")[0] if spoken.count(".") == 2 else spoken
            for spoken in SPOKEN_OF.findall(text)
        } <= {name}, file
        assert not re.search(r"^\s*drop ", text, re.MULTILINE), file


def test_every_file_has_its_place() -> None:
    texts = code.files()
    around = {*code.BEFORE, *code.AFTER, *code.RIGHTS_BEFORE, *code.RIGHTS_AFTER}
    assert set(texts) == set(code.objects(texts)) | around | {
        f"rights/{role}.sql" for role in code.roles(texts)
    }


def test_every_object_has_a_file_and_every_file_its_object(connection: psycopg.Connection) -> None:
    stand = {
        name
        for (name,) in connection.execute(
            """
            select relnamespace::regnamespace::text || '.' || relname from pg_class
            where relkind in ('v', 'm') and relnamespace = any(%(schemas)s::regnamespace[])
            union
            select pronamespace::regnamespace::text || '.' || proname from pg_proc
            where pronamespace = any(%(schemas)s::regnamespace[])
            """,
            {"schemas": list(code.SCHEMAS)},
        ).fetchall()
    }
    served = [table for table, _ in connection.execute(code.SERVED.encode()).fetchall()]
    assert len(served) > 20
    wanted = {
        file.removesuffix(".sql").replace("/", ".").replace("TABLE", table)
        for file in object_files()
        for table in (served if "TABLE" in file else [""])
    }
    assert stand == wanted


def test_a_file_comes_after_what_it_names() -> None:
    texts = {
        "api_v1/asked.sql": "create or replace view api_v1.asked as select clean.name(x) from pub.current_resident",
        "api_v1/late.sql": "as $$\nbegin\n    return api_v1.asked();\nend $$;  -- after verification.first",
        "clean/name.sql": "create or replace function clean.name(value text)",
        "pub/current_TABLE.sql": "create or replace view pub.current_TABLE as select clean.name(y) from pub.TABLE",
        "verification/first.sql": "returns setof api_v1.late",
        "roles.sql": "api_v1.asked",
    }
    ordered = code.objects(texts)
    assert set(ordered) == set(texts) - {"roles.sql"}
    for before, after in (
        ("clean/name.sql", "pub/current_TABLE.sql"),
        ("pub/current_TABLE.sql", "api_v1/asked.sql"),
        ("api_v1/late.sql", "verification/first.sql"),
    ):
        assert ordered.index(before) < ordered.index(after)
    with pytest.raises(CycleError):
        code.objects(texts | {"clean/name.sql": "return api_v1.asked"})


@pytest.fixture
def own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files that a test may change."""
    folder = tmp_path / "code"
    shutil.copytree(code.FOLDER, folder)
    monkeypatch.setattr(code, "FOLDER", folder)
    return folder


def test_a_changed_file_changes_the_object_and_a_right_taken_out_is_gone(
    database: Warehouse, own_code: Path
) -> None:
    file = own_code / "api_v1" / "rule_title.sql"
    assert "to officer" in file.read_text(encoding="utf-8")
    file.write_text(
        "create or replace view api_v1.rule_title as\n"
        "select rule_code, title_zh, severity, status, owner_zh from pub.current_anomaly_rule;\n"
        "comment on view api_v1.rule_title is '规则名录';\n",
        encoding="utf-8",
    )
    migrate(database)
    with database.connect() as connection:
        columns = connection.execute("select * from api_v1.rule_title").description
        may = connection.execute("select has_table_privilege('officer', 'api_v1.rule_title', 'select')")
        assert may.fetchone() == (False,)
    assert columns is not None
    assert columns[-1].name == "owner_zh"


def test_what_hangs_on_a_served_table_follows_it(database: Warehouse, own_code: Path) -> None:
    """A column that a migration adds is served by whatever is made for each table, under its description."""
    with database.connect() as connection:
        connection.execute("alter table pub.cremation add column urn_place text")
        connection.execute("comment on column pub.cremation.urn_place is '骨灰存放'")
    (own_code / "columns.sql").write_text("-- as before\n", encoding="utf-8")  # any change
    migrate(database)
    with database.connect() as connection:
        for relation in ("pub.current_cremation", "pub.scoped_cremation", "pub.cremation_at(1)"):
            connection.execute(f"select urn_place from {relation}".encode())
        described = connection.execute(
            "select col_description(attrelid, attnum) from pg_attribute"
            " where attrelid = 'pub.current_cremation'::regclass and attname = 'urn_place'"
        )
        assert described.fetchone() == ("骨灰存放",)
