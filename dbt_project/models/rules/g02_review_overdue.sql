-- G02: the last review known of an active aid household is older than the interval: twelve months, or
-- six where the income of a member is told by the household alone. Known are its approval and what was
-- asked here for the purpose of review. A bureau may review elsewhere, also after a review asked here: a
-- household is judged only where the parameter says that all reviews have been asked here for that long.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

households as (
    select
        *,
        aid_household_no in (
            select household_no from {{ ref('household_means_item') }}
            where household_kind = 'aid' and item_kind = 'income' and category = 'declared' and amount_yuan > 0
        ) as has_irregular_income
    from {{ ref('aid_household') }}
    where is_active
),

reviews as (
    select
        members.aid_household_no,
        max(case when not reviews.is_possible then reviews.reviewed_on end) as reviewed_on,
        max(case when reviews.is_possible then reviews.reviewed_on end) as possible_review_on,
        count(*) - count(members.resident_id) as unresolved_count
    from households
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    left join {{ source('ops', 'last_review') }} as reviews
        on
            members.resident_id = reviews.resident_id
            and households.aid_type_code = reviews.aid_type_code
            -- one of an earlier aid says nothing of this one
            and reviews.reviewed_on >= households.approved_on
    where members.valid_to is null
    group by members.aid_household_no
),

checked as (
    select
        households.*,
        reviews.reviewed_on,
        reviews.possible_review_on,
        reviews.unresolved_count,
        greatest(households.approved_on, reviews.reviewed_on) as checked_on,
        case
            when households.has_irregular_income
                then {{ rule_parameter('g02', 'irregular_income_months', 'households.division_code') }}
            else {{ rule_parameter('g02', 'interval_months', 'households.division_code') }}
        end::int as interval_months
    from households
    left join reviews using (aid_household_no)
),

judged as (
    select
        null::bigint as resident_id,
        checked.*,
        due.due_on,
        coalesce(
            due.due_on < {{ business_date() }} and due.is_known and not due.is_perhaps_reviewed, false
        ) as is_hit,
        coalesce(
            {{ why_not_current(['aid_household'], 'checked.division_code') }},
            case
                when checked.checked_on is null then 'approval_date_unknown'
                when due.due_on >= {{ business_date() }} then null
                when due.is_perhaps_reviewed then 'review_of_merged_resident'
                when due.is_known then null
                when checked.reviewed_on is null and checked.unresolved_count > 0 then 'identity_unresolved'
                when checked.reviewed_on is not null then 'later_review_elsewhere_possible'
                else 'no_review_known'
            end
        ) as reason
    from checked
    cross join lateral (
        select
            (checked.checked_on + checked.interval_months * interval '1 month')::date as due_on,
            (checked.reviewed_on is not null or checked.unresolved_count = 0)
            and {{ rule_parameter(
                'g02', 'asked_here_share', 'checked.division_code',
                '(' ~ business_date() ~ ' - checked.interval_months * interval \'1 month\')'
            ) }} = 1 as is_known,
            -- Whose review it was nobody knows, since who was reviewed became several people.
            coalesce(
                checked.possible_review_on + checked.interval_months * interval '1 month' >= {{ business_date() }},
                false
            ) as is_perhaps_reviewed
    ) as due
)

{{ subject_findings(
    facts={
        'approved_on': 'approved_on',
        'last_review_on': 'reviewed_on',
        'interval_months': 'interval_months',
        'has_irregular_income': 'has_irregular_income',
    },
    sources=[source_line(none, "'aid_household'")],
    first_on='due_on + 1',
    unknown={'last_review_on': 'reviewed_on'}
) }}
