-- The catalogue and the models that `finding` unites name the same rules.
with

catalogue as (
    select lower(rule_code) || '_' || slug as model
    from {{ ref('anomaly_rule') }}
    where status = 'active'
),

models as (
    select model
    from (
        values
        {% for model in rule_models() -%}
        ('{{ model }}'){{ ',' if not loop.last }}
        {% endfor -%}
    ) as listed (model)
)

select
    model,
    catalogue.model is null as is_missing_in_catalogue,
    models.model is null as is_missing_in_rule_models
from catalogue
full join models using (model)
where catalogue.model is null or models.model is null
