"""What columns of landed lines hold of whom, told to the database so that it can mask them (``ops.line_column``)."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

import psycopg
from psycopg.types.json import Jsonb

from ingestion.contract import Contract
from ingestion.input_views import SCHEMA
from ingestion.records import CanonicalRecord, canonical_records

NESTED = "nested"
REGISTER = """
with

told as (
    select *
    from jsonb_to_recordset(%(columns)s)
        as told (relation text, column_name text, classification text, roles text[])
),

gone as (
    delete from ops.line_column as known
    where not exists (
        select from told where (told.relation, told.column_name) = (known.relation, known.column_name)
    )
)

insert into ops.line_column (relation, column_name, classification, roles)
select relation, column_name, classification, roles from told
on conflict (relation, column_name) do update set
    classification = excluded.classification, roles = excluded.roles
where (line_column.*) is distinct from (excluded.*)
"""


@dataclass(frozen=True)
class LineColumn:
    """relation: ``raw.<feed>`` or ``input.<record>``. roles: of the persons of a record it is of."""

    relation: str
    column_name: str
    classification: str
    roles: list[str] = field(default_factory=list)


def register(connection: psycopg.Connection, contracts: Mapping[str, Contract]) -> None:
    """As the contracts and the canonical records say it now."""
    columns = {(one.relation, one.column_name): one for one in line_columns(contracts)}
    connection.execute(REGISTER, {"columns": Jsonb([asdict(column) for column in columns.values()])})


def line_columns(contracts: Mapping[str, Contract]) -> Iterator[LineColumn]:
    """Of what several versions of a contract have, the newest word comes last."""
    for contract in contracts.values():
        for version in contract.versions:
            for column in version.columns:
                kind = NESTED if column.type == NESTED else column.classification
                yield LineColumn(f"raw.{contract.feed}", column.name, kind)
    for record in canonical_records().values():
        for known in record.columns:
            yield LineColumn(
                f"{SCHEMA}.{record.name}", known.name, known.sensitivity, _roles(record, known.name)
            )


def _roles(record: CanonicalRecord, column: str) -> list[str]:
    return [
        person.role
        for person in record.persons
        if column
        in (person.name, person.id_number, person.born_on, person.phone, person.account, person.address)
    ]
