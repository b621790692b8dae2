{{ config(post_hook='{{ note_absorbed() }}') }}

-- One row per member named in a line of aid_household, in the order of 家庭成员.
with

households as (select * from {{ ref('stg_assistance__aid_household') }}),

fresh as ({{ new_deliveries(ref('stg_deliveries')) }}),

unfolded as ({{ unfold('households', 'members') }})

select
    -- keys
    unfolded.aid_household_no,
    unfolded.position as member_no,
    {{ person("item ->> '身份证号'", "item ->> '姓名'") }},

    clean.compact(item ->> '与申请人关系') as relation,
    clean.compact(item ->> '是否保障对象') = '是' as is_covered,
    clean.yuan(item ->> '申报月收入')::numeric(14, 2) as declared_income_yuan,
    clean.identifier(item ->> '联系电话') as phone,

    -- lineage
    unfolded.delivery_id,
    unfolded.delivery_date,
    unfolded.delivery_order,
    unfolded.line_number
from unfolded
inner join fresh on unfolded.delivery_id = fresh.delivery_id
