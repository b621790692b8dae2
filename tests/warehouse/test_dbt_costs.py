"""What is spared dbt changes nothing of what it makes: each compared with dbt's own."""

from pathlib import Path
from types import ModuleType, SimpleNamespace

import dbt.compilation
import dbt_common.clients.jinja as dbt_jinja
import dbt_common.events.base_types as dbt_events
import pytest
from dbt_common.events.types import Formatting
from dbt_common.exceptions import CompilationError
from loading import loaded

from warehouse.pipeline.dbt_costs import spare_dbt, with_ctes
from warehouse.pipeline.dbt_templates import keep_templates

CTES = [SimpleNamespace(sql=f" __dbt__cte__{name} as (\nselect 1 as one\n)") for name in ("first", "second")]


@pytest.fixture(autouse=True)
def spared() -> None:
    spare_dbt()


def untouched(module: ModuleType) -> ModuleType:
    """The module as it is installed, loaded once more."""
    return loaded(Path(module.__file__ or ""), f"untouched_{module.__name__}")


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "with own as (select 1) select * from own",
        "\n-- of the day, with a word\n/* with\nanother */ WITH own as (select 1) select * from own",
        "with recursive own as (select 1 union all select 2) select * from own",
        "with recursive_own as (select 1) select * from recursive_own",
        "select * from (with own as (select 1) select * from own) as inner_one",
    ],
)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_query_gets_its_ctes_where_dbt_puts_them(sql: str, count: int) -> None:
    assert dbt.compilation.inject_ctes_into_sql is with_ctes
    theirs = untouched(dbt.compilation).inject_ctes_into_sql(sql, CTES[:count])
    assert with_ctes(sql, CTES[:count]).split() == theirs.split()


def test_a_time_with_its_zone_is_no_cte() -> None:
    """dbt puts them behind that word."""
    sql = "select now()::timestamp with time zone"
    assert with_ctes(sql, CTES[:1]).split() == f"with {CTES[0].sql} {sql}".split()


def rendered(
    jinja: ModuleType, text: str, names: dict, native: bool = False, captures: bool = False
) -> object:
    node = SimpleNamespace(resource_type="model", name="m", original_file_path="m.sql")
    template = jinja.get_template(text, names, node, capture_macros=captures, native=native)
    return jinja.render_template(template, names, node)


MACRO = "{% macro m(x) %}{{ x }}-{{ known }}-{{ range(2) | list }}{% endmacro %}"
TEMPLATE = "{% do kept.append(1) %}{{ known }} {{ kept }} {{ range(3) | list }} {{ unknown is defined }}"


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("text", [TEMPLATE, "{{ [known, 1] }}", "{{ 1 }}", "plain"])
def test_a_template_says_what_it_says_in_dbt_each_time(text: str, native: bool) -> None:
    theirs = untouched(dbt_jinja)
    for known in ("one", "another"):
        said, kept = [], []
        for jinja in (dbt_jinja, theirs):
            names = {"known": known, "kept": []}
            said.append(rendered(jinja, text, names, native))
            kept.append(names["kept"])
        assert said[0] == said[1]
        assert kept[0] == kept[1]


def test_a_macro_sees_the_names_of_the_node_that_calls_it() -> None:
    for jinja in (dbt_jinja, untouched(dbt_jinja)):
        template = jinja.get_template(MACRO, {})
        names = {"known": "before"}
        macro = template.make_module(vars=names, shared=False).dbt_macro__m
        names["known"] = "after"
        assert macro("x") == "x-after-[0, 1]"


def test_the_code_of_a_template_does_not_say_what_becomes_of_unknown_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While parsing dbt takes a name it does not know for a macro; afterwards it is a fault."""
    environment = dbt_jinja.MacroFuzzEnvironment
    monkeypatch.setattr(environment, "compile", environment.compile)
    keep_templates(tmp_path)
    text = "{{ nobody_s('name') }}"
    for _ in range(2):
        rendered(dbt_jinja, text, {}, captures=True)
        with pytest.raises(CompilationError, match="nobody_s"):
            rendered(dbt_jinja, text, {})


def test_a_cycle_is_still_named() -> None:
    linker = dbt.compilation.Linker()
    linker.graph.add_edge("a", "b")
    assert linker.find_cycles() is None
    linker.graph.add_edge("b", "a")
    assert linker.find_cycles() == "a --> b"


def test_an_event_has_its_message_once_it_is_asked() -> None:
    event = Formatting(msg="said")
    assert "pb_msg" not in event.__dict__
    assert event.message() == "said"
    assert event.to_dict() == {"msg": "said"}
    assert dbt_events.msg_from_base_event(Formatting(msg="said")).data.msg == "said"
    with pytest.raises(AttributeError):
        _ = event.nothing
