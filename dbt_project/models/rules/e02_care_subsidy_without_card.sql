-- E02: care subsidy (HL) is paid for a month that no valid card of level 1 or 2 reaches. A
-- renewed card carries its new day of issue, so the day of issue proves nothing. Until when a card
-- counts says the mart disability_card: to the day of death where that is why it was cancelled. A card that reaches
-- the month and does not tell its level proves neither.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code = 'HL'
),

residents as (select * from {{ ref('resident') }}),

{% set covered_until -%}
max(
            case
                when card.disability_level <= {{ rule_parameter('e02', 'max_level', 'residents.division_code') }}
                    then card.counts_until
            end
        )
{%- endset -%}

cards as (
    select
        card.resident_id,
        min(card.disability_level) as disability_level,
        {{ covered_until }} as covered_until,
        max(case when card.disability_level is null then card.counts_until end) as level_unknown_until,
        {{ json_collect(source_line('card', "'disability_card'"), 'card.card_no') }} as sources
    from {{ ref('disability_card') }} as card
    left join residents using (resident_id)
    where card.resident_id is not null
    group by card.resident_id
),

-- A card whose number cannot be read may be this person's, also the one renewed, if it would cover the month.
namesakes as (
    select
        residents.resident_id,
        {{ covered_until }} as covered_until
    from {{ ref('disability_card') }} as card
    inner join residents on card.name = residents.name
    where card.resident_id is null
    group by residents.resident_id
),

judged_months as (
    select
        paid_months.resident_id,
        null::text as aid_household_no,
        paid_months.case_no,
        paid_months.division_code,
        paid_months.benefit_month,
        paid_months.paid_share_yuan as amount_yuan,
        cards.disability_level,
        cards.covered_until,
        {{ json_list(['paid_months.sources', 'cards.sources']) }} as sources,
        paid_months.resident_id is not null
        and {{ sources_are_current(['disability_card'], 'paid_months.division_code') }}
        and coalesce(cards.covered_until < paid_months.benefit_month, true)
        and coalesce(cards.level_unknown_until < paid_months.benefit_month, true)
        and coalesce(namesakes.covered_until < paid_months.benefit_month, true) as is_hit,
        coalesce(
            {{ why_not_assessable(
                'paid_months.resident_id', ['payment', 'disability_card'], 'paid_months.division_code'
            ) }},
            case
                when
                    cards.level_unknown_until >= paid_months.benefit_month
                    and coalesce(cards.covered_until < paid_months.benefit_month, true)
                    then 'card_level_unknown'
                when
                    namesakes.covered_until >= paid_months.benefit_month
                    and coalesce(cards.covered_until < paid_months.benefit_month, true)
                    then 'unresolved_namesake'
            end
        ) as reason
    from paid_months
    left join cards using (resident_id)
    left join namesakes using (resident_id)
),

{{ month_findings(facts={
    'best_level': 'min(disability_level)',
    'card_valid_until': 'max(covered_until)',
}) }}
