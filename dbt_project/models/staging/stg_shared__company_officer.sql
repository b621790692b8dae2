{{ config(post_hook='{{ note_absorbed() }}') }}

-- One row per officer named in a line of company, in the order of 人员.
with

companies as (select * from {{ ref('stg_shared__company') }}),

fresh as ({{ new_deliveries(ref('stg_deliveries')) }}),

unfolded as ({{ unfold('companies', 'officers') }})

select
    -- keys
    unfolded.company_no,
    unfolded.position as officer_no,
    {{ person("item ->> '证件号'", "item ->> '姓名'") }},

    clean.compact(item ->> '角色') as officer_role,
    clean.share(item ->> '出资比例') as capital_share,

    -- lineage
    unfolded.delivery_id,
    unfolded.delivery_date,
    unfolded.delivery_order,
    unfolded.line_number
from unfolded
inner join fresh on unfolded.delivery_id = fresh.delivery_id
