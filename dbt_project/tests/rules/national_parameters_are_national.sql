-- A parameter that is read for the whole country alone: what a division lays down would be passed over in silence.
{% set national = adapter.get_columns_in_relation(ref('int_national_parameters')) | map(attribute='name') | list -%}
select division_code, parameter, valid_from
from {{ ref('means_parameter') }}
where division_code <> '000000' and parameter in ('{{ national | join("', '") }}')
