-- Refusals: stable code, HTTP status, Chinese title.
create or replace function verification.problem(code text, detail jsonb) returns jsonb
language sql immutable
begin atomic
select jsonb_build_object(
    'status', 'refused',
    'problem', jsonb_build_object(
        'code', known.code, 'http_status', known.http_status, 'title_zh', known.title_zh, 'detail', detail
    )
)
from (
    values
    ('invalid_request', 400, '请求不符合接口规范'),
    ('purpose_unknown', 403, '没有说明用途，或用途不在代码表内'),
    ('no_live_authorization', 403, '没有有效授权，不予核对'),
    ('request_id_reused', 409, '同一请求编号已用于另一请求'),
    ('report_unknown', 404, '没有此核对报告'),
    ('batch_unknown', 404, '没有此批量复核任务'),
    ('unavailable', 503, '暂时无法答复，请稍后再试'),
    ('not_published', 503, '尚未发布数据')
) as known (code, http_status, title_zh)
where known.code = $1;
end;
