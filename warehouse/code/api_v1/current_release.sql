create or replace view api_v1.current_release as
select generation, business_date, published_at from pub.current_release;
comment on view api_v1.current_release is '当前发布世代；没有行表示尚未发布';

grant select on api_v1.current_release to approval_api, officer;
