create or replace function api_v1.desk_report(report_no text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return verification.hand_out(
        'desk_report', verification.own_report($1),
        jsonb_strip_nulls(jsonb_build_object('report_no', $1, 'purpose', $2))
    );
end $$;
comment on function api_v1.desk_report(text, text) is
'按编号查阅核对报告，一字不差；限于授权书属本区划的（撤回授权的除外），每次留痕';

grant execute on function api_v1.desk_report(text, text) to officer;
