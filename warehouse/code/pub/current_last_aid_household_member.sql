-- The members of an aid household now; of one that was stopped, those of its last day.
create or replace view pub.current_last_aid_household_member as
select member.*
from pub.current_aid_household_member as member
where coalesce(member.valid_to, 'infinity') = (
    select max(coalesce(latest.valid_to, 'infinity'))
    from pub.current_aid_household_member as latest
    where latest.aid_household_no = member.aid_household_no
);
comment on view pub.current_last_aid_household_member is '救助家庭现有成员；已停保的家庭为最后一日的成员';
