-- The catalogue and the models that rule_result unites name the same rules.
-- depends_on: {{ ref('rule_result') }}
with

catalogue as (
    select lower(rule_code) || '_' || slug as model
    from {{ ref('anomaly_rule') }}
    where status = 'active'
),

models (model) as (
    {% set united = graph.nodes['model.minzheng.rule_result'].depends_on.nodes if execute else ['none'] -%}
    {% for node in united if not '.int_' in node -%}
    select '{{ node.split('.') | last }}'{{ ' union all' if not loop.last }}
    {% endfor %}
)

select
    model,
    catalogue.model is null as is_missing_in_catalogue,
    models.model is null as is_missing_in_rule_result
from catalogue
full join models using (model)
where catalogue.model is null or models.model is null
