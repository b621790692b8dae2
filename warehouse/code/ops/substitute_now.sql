-- Who stands in for whom today: the last word on each officer, while its days last.
create or replace view ops.substitute_now as
select latest.login, latest.substitute_login, latest.from_on, latest.until_on
from (
    select distinct on (login) login, substitute_login, from_on, until_on
    from ops.officer_substitute
    order by login asc, substitute_id desc
) as latest
where latest.substitute_login is not null and pub.today() between latest.from_on and latest.until_on;
comment on view ops.substitute_now is '今日谁代谁办理疑点';
