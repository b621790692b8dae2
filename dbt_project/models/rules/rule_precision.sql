-- rule_precision: of the findings of a rule that officers decided, the share that was right, by
-- division, with the lower bound of its interval (E. B. Wilson, JASA 22, 1927). Below the limit the
-- rule is only observed there: its findings wait behind those of the others.
with

rule_parameter as (select * from {{ ref('rule_parameter') }}),

decisions as (select * from {{ source('ops', 'finding_decision') }}),

decided as (
    {{ distinct_on(
        ['finding_id'],
        'finding_id, rule_code, division_code, reason_code',
        'decisions',
        ['decision_id desc']
    ) | indent(4) }}
),

counts as (
    select
        decided.rule_code,
        decided.division_code,
        count(*)::numeric as decided_count,
        sum(reasons.is_right::int)::numeric as right_count
    from decided
    inner join {{ ref('finding_reason') }} as reasons using (reason_code)
    where reasons.is_right is not null
    group by decided.rule_code, decided.division_code
),

limits as (
    select
        counts.*,
        {{ rule_parameter('*', 'confidence_z', 'counts.division_code') }} as z,
        {{ rule_parameter('*', 'min_decided_count', 'counts.division_code') }} as min_decided_count,
        {{ rule_parameter('*', 'min_precision_share', 'counts.division_code') }} as min_precision_share
    from counts
),

bounds as (
    select
        *,
        right_count / decided_count as precision_share,
        (
            right_count + z * z / 2
            - z * sqrt(right_count * (decided_count - right_count) / decided_count + z * z / 4)
        ) / (decided_count + z * z) as lower_bound
    from limits
)

select
    rule_code,
    division_code,
    decided_count::bigint as decided_count,
    right_count::bigint as right_count,
    round(precision_share, 4)::numeric(5, 4) as precision_share,
    round(greatest(lower_bound, 0), 4)::numeric(5, 4) as precision_lower_bound,
    decided_count >= min_decided_count and lower_bound < min_precision_share as is_observed
from bounds
