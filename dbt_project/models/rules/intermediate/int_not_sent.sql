-- int_not_sent: the rules to which somebody who sends a kind of record does not send a column they need.
with

columns as (
    select
        lost as rule_code,
        record,
        column_name,
        title_zh,
        bool_or(is_sent) as is_sent_by_some
    from {{ source('input', 'column_sent') }}
    group by lost, record, column_name, title_zh
    having not bool_and(is_sent)
)

select
    rule_code,
    bool_and(is_sent_by_some) as is_sent_by_some,
    string_agg(title_zh, '、' order by record, column_name) as columns_zh
from columns
group by rule_code
