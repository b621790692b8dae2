-- int_touched_lines: every line, old or new, of the records that have news since the marts were last
-- complete: a new line, a rejected one, a person linked otherwise, gone with a full delivery, or a day that has come.
-- Where the marts are built from the beginning nobody asks.
with

mark as (select event_id, business_date from {{ source('ops', 'marts_mark') }}),

linked_otherwise as (
    select distinct
        delivery_id,
        line_number
    from {{ source('ops', 'identity_event') }}
    where event_id > (select event_id from mark)
),

-- A full delivery closes what was last named since the full delivery before it.
closings as (
    select
        closing.feed,
        closing.delivery_order,
        coalesce(max(former.delivery_order), 0) as former_order
    from {{ ref('int_fresh_deliveries') }} as closing
    left join {{ ref('stg_deliveries') }} as former
        on closing.feed = former.feed and former.closes_absent and closing.delivery_order > former.delivery_order
    where closing.closes_absent
    group by closing.feed, closing.delivery_order
)

-- A line may hold several records.
select distinct delivery_id, line_number
from (
{% for record in canonical_records() if not record.part_of -%}
{% set news_by = ['feed'] + record.news_by -%}
{% set key = news_by | join(', ') -%}
select
    staged.delivery_id,
    staged.line_number
from {{ ref(record.staged) }} as staged
inner join (
    select {{ key }}
    from {{ ref(record.staged) }}
    inner join (
        select feed, line_key
        from {{ ref(record.staged) }}
        where delivery_id in (select delivery_id from {{ ref('int_fresh_deliveries') }})

        union

        select feed, line_key
        from {{ ref(record.staged) }}
        inner join linked_otherwise using (delivery_id, line_number)

        union

        select feed, key_hash
        from {{ ref('stg_rejected_keys') }}
        where delivery_id in (select delivery_id from {{ ref('int_fresh_deliveries') }})
    ) as touched_lines using (feed, line_key)

    union

    select latest.{{ news_by | join(', latest.') }}
    from {{ ref(record.latest) }} as latest
    inner join closings on latest.feed = closings.feed
    where latest.last_seen_order >= closings.former_order and latest.last_seen_order < closings.delivery_order
    {% for day in record.days %}
    union

    select {{ key }}
    from {{ ref(record.latest) }}
    where {{ day }} > (select business_date from mark) and {{ day }} <= {{ business_date() }}
    {% endfor -%}
) as touched on {{ same_key('staged', 'touched', news_by) }}
{% if flags.FULL_REFRESH %}where false{% endif %}
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
) as lines
