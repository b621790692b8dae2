-- Where the three households of the people of an active aid household differ: a lead for a question,
-- never a finding. A divorce by court is in no feed and moving house takes its time. Whoever is declared
-- under a number that leads to nobody is known by the name.
with

declared as (
    select
        members.*,
        declared_members.name
    from {{ ref('int_household_members') }} as members
    inner join {{ ref('aid_household_member') }} as declared_members
        on members.household_no = declared_members.aid_household_no
        and members.delivery_id = declared_members.delivery_id
        and members.line_number = declared_members.line_number
        and members.member_no = declared_members.member_no
    where members.household_kind = 'aid'
),

families as (select * from {{ ref('int_household_members') }} where household_kind = 'legal'),

books as (select * from {{ ref('int_household_members') }} where household_kind = 'registered'),

-- Everybody who shares a family or a book with a declared member, and is not declared.
related as (
    select
        declared.household_no,
        families.household_kind,
        others.resident_id,
        others.relation,
        others.relation = 'spouse' and families.relation = 'spouse' as is_spouse,
        declared.member_no,
        declared.delivery_id as declared_delivery_id,
        declared.line_number as declared_line_number,
        others.feed,
        others.delivery_id,
        others.line_number
    from declared
    inner join families using (resident_id)
    inner join families as others
        on families.household_no = others.household_no and families.resident_id <> others.resident_id

    union all

    select
        declared.household_no,
        books.household_kind,
        others.resident_id,
        others.relation,
        false as is_spouse,
        declared.member_no,
        declared.delivery_id as declared_delivery_id,
        declared.line_number as declared_line_number,
        others.feed,
        others.delivery_id,
        others.line_number
    from declared
    inner join books using (resident_id)
    inner join books as others
        on books.household_no = others.household_no and books.resident_id <> others.resident_id
),

undeclared as (
    select related.*
    from related
    inner join {{ ref('resident') }} as residents using (resident_id)
    where
        residents.died_on is null
        and not exists (
            select 1 from declared
            where
                declared.household_no = related.household_no
                and (
                    declared.resident_id = related.resident_id
                    or (declared.resident_id is null and declared.name = residents.name)
                )
        )
),

-- Law before the book: a spouse is a spouse wherever registered.
undeclared_people as (
    {{ distinct_on(
        ['household_no', 'resident_id'],
        "*, case
            when household_kind = 'registered' then 'undeclared_book_member'
            when is_spouse then 'undeclared_spouse'
            when relation in ('minor_child', 'dependent_child') then 'undeclared_child'
            else 'undeclared_parent'
        end as difference_kind",
        'undeclared',
        ["case household_kind when 'legal' then 1 else 2 end", 'is_spouse desc', 'member_no']
    ) | indent(4) }}
),

booked as (
    select
        declared.household_no,
        declared.is_head,
        declared.member_no,
        books.household_no as book_no
    from declared
    inner join books using (resident_id)
),

heads as (
    {{ distinct_on(
        ['household_no'], 'household_no, book_no', 'booked', ['is_head desc', 'member_no']
    ) | indent(4) }}
),

relatives as (
    select distinct
        household_no,
        resident_id
    from related
    where household_kind = 'legal'
),

-- Declared members seen from the other two households.
declared_people as (
    select
        declared.*,
        residents.died_on,
        residents.death_feed,
        residents.death_delivery_id,
        residents.death_line_number,
        books.household_no as book_no,
        books.feed as book_feed,
        books.delivery_id as book_delivery_id,
        books.line_number as book_line_number,
        heads.book_no as head_book_no,
        relatives.resident_id is not null as is_of_the_family
    from declared
    left join relatives using (household_no, resident_id)
    left join {{ ref('resident') }} as residents using (resident_id)
    left join books using (resident_id)
    left join heads on declared.household_no = heads.household_no
),

declared_differences as (
    select
        declared_people.*,
        case
            when resident_id is null then 'unresolved_member'
            when died_on is not null then 'deceased_member'
            when book_no is null then 'unregistered_member'
            when book_no <> head_book_no and not is_of_the_family then 'member_outside_family'
            when book_no <> head_book_no then 'registered_elsewhere'
        end as difference_kind
    from declared_people
)

select
    household_no as aid_household_no,
    difference_kind,
    resident_id,
    null::integer as member_no,
    relation,
    {{ json_list([
        json_object({'feed': "'aid_household'", 'delivery_id': 'declared_delivery_id',
            'line_number': 'declared_line_number'}),
        json_object({'feed': 'feed', 'delivery_id': 'delivery_id', 'line_number': 'line_number'}),
    ]) }} as sources
from undeclared_people

union all

select
    household_no,
    difference_kind,
    resident_id,
    member_no,
    relation,
    {{ json_flatten(json_list([
        source_line(none, "'aid_household'"),
        "case when difference_kind = 'deceased_member' then " ~ source_line(none, 'death_feed', 'death_') ~ ' end',
        "case when difference_kind in ('registered_elsewhere', 'member_outside_family') then "
            ~ source_line(none, 'book_feed', 'book_') ~ ' end',
    ])) }} as sources
from declared_differences
where difference_kind is not null
