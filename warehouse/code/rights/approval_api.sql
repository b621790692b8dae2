-- The approval system asks; it cannot list.
grant usage on schema api_v1, ops to approval_api;
