{# Half-open validity ranges of one key never overlap. #}
{% test no_overlap(model, key, valid_from, valid_to) %}
select *
from (
    select
        *,
        lead({{ valid_from }}) over (partition by {{ key | join(', ') }} order by {{ valid_from }}) as next_from
    from {{ model }}
) as spans
where
    coalesce({{ valid_to }}, 'infinity') <= {{ valid_from }}
    or coalesce({{ valid_to }}, 'infinity') > next_from
{% endtest %}
