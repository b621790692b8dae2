-- As pub.scoped_household_history shows the members of households to its readers, looked up by number or resident:
-- row security would look through all people of a division for it.
create or replace view verification.household_member with (security_barrier = true) as
select member.*
from (
    select
        'aid' as household_kind, aid_household_no as household_no, resident_id, relation, valid_from, valid_to,
        'aid_household' as feed, delivery_id, line_number, from_generation, to_generation
    from pub.aid_household_member
    union all
    select
        'registered', household_no, resident_id, relation_code, valid_from, valid_to,
        'population', delivery_id, line_number, from_generation, to_generation
    from pub.registered_household_member
    union all
    select
        'legal', family_no, resident_id, relation, valid_from, valid_to,
        feed, delivery_id, line_number, from_generation, to_generation
    from pub.legal_family_member
) as member
where
    (select pub.sees_all_divisions())
    or case member.household_kind
        when 'aid' then exists (
            select from pub.aid_household as own
            where
                own.aid_household_no = member.household_no and own.to_generation is null
                and own.division_code = any((select pub.own_divisions())::text[])
        )
        else exists (
            select from pub.resident as own
            where
                own.resident_id = member.resident_id and own.to_generation is null
                and own.division_code = any((select pub.own_divisions())::text[])
        )
    end;
comment on view verification.household_member is '三种口径的家庭成员（各世代），限于登录用户的行政区划';
