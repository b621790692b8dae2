-- G01: an active aid household has no written authorization in force on the business date, neither on its own file
-- nor among the authorizations kept apart. Without one its means may not be checked. The last day of an
-- authorization still counts.
with

closings as (select * from {{ ref('int_closings') }}),

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

households as (
    select * from {{ ref('aid_household') }}
    where is_active
),

authorizations as (
    select
        aid_household_no,
        authorization_no,
        authorized_from,
        authorized_to,
        null::jsonb as source
    from households
    union all
    select
        aid_household_no,
        authorization_no,
        authorized_from,
        authorized_to,
        {{ source_line(none, "'authorization'") }}
    from {{ ref('int_authorization_latest') }} as records
    where {{ stands('records') }}
),

judged_authorizations as (
    select
        *,
        authorization_no is not null
        and coalesce(authorized_from <= {{ business_date() }}, true)
        and coalesce(authorized_to >= {{ business_date() }}, true) as is_live
    from authorizations
),

-- Of several the one that lives, and longest, stands.
standing as (
    {{ distinct_on(
        ['aid_household_no'],
        '*',
        'judged_authorizations',
        ['is_live desc', 'authorization_no is null', 'authorized_to desc nulls last', 'authorization_no']
    ) | indent(4) }}
),

judged as (
    select
        households.aid_household_no,
        households.division_code,
        households.approved_on,
        households.delivery_id,
        households.line_number,
        standing.authorization_no,
        standing.authorized_from,
        standing.authorized_to,
        standing.source,
        null::bigint as resident_id,
        not standing.is_live as is_hit,
        coalesce(
            {{ why_not_current(['aid_household'], 'households.division_code', where_bound=['authorization']) }},
            case
                when standing.authorized_from is null or standing.authorized_to is null
                    then 'authorization_period_unknown'
            end
        ) as reason
    from households
    inner join standing using (aid_household_no)
)

{{ subject_findings(
    facts={
        'has_authorization': 'authorization_no is not null',
        'authorized_from': 'authorized_from',
        'authorized_to': 'authorized_to',
    },
    sources=[source_line(none, "'aid_household'"), 'source'],
    first_on='case when authorized_to < ' ~ business_date() ~ ' then authorized_to + 1 else approved_on end',
    unknown={}
) }}
