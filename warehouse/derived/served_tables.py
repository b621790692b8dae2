"""The served tables, gathered from the YAML of marts, rules and seeds (``config.meta.served``)."""

import json
from collections.abc import Iterator
from typing import Any

from ingestion.yaml_file import read_yaml
from warehouse.database.settings import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"
# Where dbt_project.yml puts what no mart is.
SCHEMAS = {
    "models/marts": "marts",
    "models/rules": "rules",
    "seeds/rules": "rules",
    "seeds/verification": "rules",
}


def served_tables() -> str:
    """The text of ``warehouse/publishing/served_tables.json``: a column a line."""
    tables = (_table(schema, described, served) for schema, described, served in _served())
    return "[\n" + ",\n".join(tables) + "\n]\n"


def _served() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for folder, schema in SCHEMAS.items():
        for path in sorted((DBT / folder).glob("*.yml")):
            document = read_yaml(path)
            for described in [*document.get("models", ()), *document.get("seeds", ())]:
                served = _meta(described).get("served")
                if served:
                    yield schema, described, served


def _table(schema: str, described: dict[str, Any], served: dict[str, Any]) -> str:
    types = (described.get("config") or {}).get("column_types", {})
    columns = [
        [column["name"], column.get("data_type") or types[column["name"]], column["description"]]
        for column in described["columns"]
        if _meta(column).get("served", True)
    ]
    head = {
        "name": described["name"],
        "source": f"{schema}.{described['name']}",
        "key": served["key"],
        "is_numbered": served.get("is_numbered", False),
        "title": described["description"],
    }
    lines = ",\n".join(f"    {json.dumps(column, ensure_ascii=False)}" for column in columns)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "columns": [\n{lines}\n  ]}}'


def _meta(described: dict[str, Any]) -> dict[str, Any]:
    return (described.get("config") or {}).get("meta") or {}
