{# Incremental by record and person: what has news since the marts were last complete is worked out
   anew, nothing else. A run that broke off moves no mark, so the next one does the same again. #}

{% macro records() -%}
{# What makes a record of a feed, where its versions are, and the days on which it changes by itself. #}
{{ return([
    {'feed': 'population', 'staged': 'stg_register__population', 'latest': 'int_population_latest',
        'key': ['stated_id_number']},
    {'feed': 'marriage_event', 'staged': 'stg_marriage__marriage_event', 'latest': 'int_marriage_events_latest',
        'key': ['event_no', 'event_type']},
    {'feed': 'cremation', 'staged': 'stg_funeral__cremation', 'latest': 'int_cremations_latest',
        'key': ['cremation_no']},
    {'feed': 'aid_household', 'staged': 'stg_assistance__aid_household', 'latest': 'int_aid_households_latest',
        'key': ['aid_household_no'], 'days': ['stopped_on']},
    {'feed': 'entitlement', 'staged': 'stg_assistance__entitlement', 'latest': 'int_entitlements_latest',
        'key': ['entitlement_no'], 'days': ['started_on', 'ended_on']},
    {'feed': 'payment', 'staged': 'stg_assistance__payment', 'latest': 'int_payments_latest',
        'key': ['payment_no']},
    {'feed': 'temporary_aid', 'staged': 'stg_assistance__temporary_aid', 'latest': 'int_temporary_aids_latest',
        'key': ['temporary_aid_no']},
    {'feed': 'stay', 'staged': 'stg_eldercare__stay', 'latest': 'int_stays_latest', 'key': ['stay_no']},
    {'feed': 'disability_card', 'staged': 'stg_shared__disability_card', 'latest': 'int_disability_cards_latest',
        'key': ['card_no']},
    {'feed': 'social_insurance', 'staged': 'stg_shared__social_insurance', 'latest': 'int_social_insurance_latest',
        'key': ['stated_id_number', 'insured_month']},
    {'feed': 'vehicle', 'staged': 'stg_shared__vehicle', 'latest': 'int_vehicles_latest', 'key': ['plate_no']},
    {'feed': 'real_estate', 'staged': 'stg_shared__real_estate', 'latest': 'int_real_estate_latest',
        'key': ['unit_no', 'stated_id_number']},
    {'feed': 'company', 'staged': 'stg_shared__company', 'latest': 'int_companies_latest', 'key': ['company_no']},
]) }}
{%- endmacro %}


{% macro only_touched(touched, alias, on) -%}
{# In an incremental run: keeps the rows of a relation whose key has news (touched). on: {column: column of touched}. #}
{% if is_incremental() -%}
inner join {{ touched }} as touched
    on {% for column, known_as in on.items() -%}
    {{ alias }}.{{ column }} = touched.{{ known_as }}{{ ' and ' if not loop.last }}
    {%- endfor %}
{%- endif %}
{%- endmacro %}


{% macro only_touched_lines(touched, alias) -%}
{# The same for a relation whose rows know their line. #}
{{ only_touched(touched, alias, {'delivery_id': 'delivery_id', 'line_number': 'line_number'}) }}
{%- endmacro %}


{% macro only_touched_households(touched, alias) -%}
{{ only_touched(touched, alias, {
    'household_kind': 'household_kind', 'household_no': 'household_no',
}) }}
{%- endmacro %}


{% macro get_incremental_touched_sql(arg_dict) -%}
{# Incremental strategy `touched`: of the keys with news (meta.touched_by, meta.touched_on) the rows held
   are replaced by those worked out now, also where there are none any more. #}
{% set target, meta = arg_dict['target_relation'], config.require('meta') -%}
{% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
delete from {{ target }} as held
using {{ ref(meta['touched_by']) }} as touched
where {% for column, known_as in meta['touched_on'].items() -%}
    held.{{ column }} = touched.{{ known_as }}{{ ' and ' if not loop.last }}
{%- endfor %};

insert into {{ target }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}


{% macro published_key(columns) -%}
{# Index by which publishing finds the rows of a key with news: the hash it takes of that key
   (warehouse.publishing.publish, where the keys are listed). #}
{{ return({'columns': ['hash_record_extended(row(' ~ columns | join(', ') ~ '), 0)']}) }}
{%- endmacro %}
