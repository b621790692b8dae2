-- G01: an active aid household has no written authorization in force on the business date. Without
-- one its means may not be checked. The last day of an authorization still counts.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

judged as (
    select
        household.*,
        null::bigint as resident_id,
        household.authorization_no is null
        or coalesce(household.authorized_from > {{ business_date() }}, false)
        or coalesce(household.authorized_to < {{ business_date() }}, false) as is_hit,
        case
            when not {{ sources_are_current(['aid_household']) }} then 'source_missing_or_stale'
            when household.authorized_from is null or household.authorized_to is null
                then 'authorization_period_unknown'
        end as reason
    from {{ ref('aid_household') }} as household
    where household.is_active
)

{{ subject_findings(
    facts={
        'has_authorization': 'authorization_no is not null',
        'authorized_from': 'authorized_from',
        'authorized_to': 'authorized_to',
    },
    sources=[source_line(none, "'aid_household'")],
    first_on='case when authorized_to < ' ~ business_date() ~ ' then authorized_to + 1 else approved_on end',
    unknown={}
) }}
