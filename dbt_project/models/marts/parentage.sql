-- Who is whose child: said by the household book (GB/T 4761), by a declared household, or presumed
-- of the spouse to whom the parent was married on the day of birth. Once said it stays true when the
-- child moves out. A parent who is not older is a fault of data and left out.
with

spells as (select * from {{ ref('marriage_spell') }} where ended_by is distinct from 'revoked'),

lives as (
    select
        'population' as feed,
        members.household_no,
        members.resident_id,
        kinship.kin,
        kinship.title_zh as relation,
        members.valid_from,
        members.valid_to,
        members.delivery_id,
        members.line_number
    from {{ ref('registered_household_member') }} as members
    inner join {{ ref('kinship') }} as kinship using (relation_code)

    union all

    select
        'aid_household',
        members.aid_household_no,
        members.resident_id,
        relations.code,
        members.relation,
        members.valid_from,
        members.valid_to,
        members.delivery_id,
        members.line_number
    from {{ ref('aid_household_member') }} as members
    inner join {{ ref('code_value') }} as relations
        on members.relation = relations.source_value and relations.code_list = 'aid_relation'
    where members.resident_id is not null
),

said as (
    select
        children.resident_id as child_resident_id,
        parents.resident_id as parent_resident_id,
        children.feed as basis,
        case when children.kin = 'child' then children.relation else parents.relation end as relation,
        greatest(children.valid_from, parents.valid_from) as valid_from,
        children.feed,
        children.delivery_id,
        children.line_number,
        parents.delivery_id as parent_delivery_id,
        parents.line_number as parent_line_number
    from lives as children
    inner join lives as parents using (feed, household_no)
    where
        (
            (children.kin = 'child' and parents.kin = 'head')
            or (children.kin = 'head' and parents.kin = 'parent')
        )
        and coalesce(children.valid_from < parents.valid_to, true)
        and coalesce(parents.valid_from < children.valid_to, true)
),

sides as (
    select
        husband_resident_id as resident_id,
        wife_resident_id as partner_resident_id,
        spells.*
    from spells
    union all
    select
        wife_resident_id as resident_id,
        husband_resident_id as partner_resident_id,
        spells.*
    from spells
),

presumed as (
    select
        said.child_resident_id,
        sides.partner_resident_id as parent_resident_id,
        'marriage' as basis,
        null as relation,
        sides.registered_on as valid_from,
        'marriage_event' as feed,
        sides.delivery_id,
        sides.line_number,
        said.delivery_id as parent_delivery_id,
        said.line_number as parent_line_number
    from said
    inner join {{ ref('resident') }} as children on said.child_resident_id = children.resident_id
    inner join sides
        on
            said.parent_resident_id = sides.resident_id
            and sides.registered_on <= children.born_on
            and coalesce(sides.ended_on > children.born_on, true)
),

listed as (
    select *, case basis when 'population' then 1 else 2 end as preference from said
    union all
    select *, 3 as preference from presumed
),

plausible as (
    select listed.*
    from listed
    inner join {{ ref('resident') }} as children on listed.child_resident_id = children.resident_id
    inner join {{ ref('resident') }} as parents on listed.parent_resident_id = parents.resident_id
    where parents.born_on < children.born_on
),

chosen as (
    {{ distinct_on(
        ['child_resident_id', 'parent_resident_id'], '*', 'plausible',
        ['preference', 'valid_from desc nulls last', 'delivery_id desc', 'line_number desc', 'parent_line_number desc']
    ) | indent(4) }}
)

select
    child_resident_id,
    parent_resident_id,
    basis,
    relation,
    -- With whom a child is while the parents live apart: with the parent the household book names,
    -- lately before formerly.
    row_number() over (
        partition by child_resident_id order by preference asc, valid_from desc nulls last, parent_resident_id asc
    )::smallint as preference,
    feed,
    delivery_id,
    line_number,
    parent_delivery_id,
    parent_line_number
from chosen
