create or replace function api_v1.finding_attachment(attachment_id bigint, purpose text)
returns table (finding_id text, name text, kind text, content bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.want_purpose($2);
    perform verification.note_reading(
        'finding_attachment', $2, jsonb_build_object('attachment_id', $1),
        array(
            select own.subject_resident_id
            from ops.finding_attachment as kept
            inner join verification.finding as own on kept.finding_id = own.finding_id
            where
                kept.attachment_id = $1 and own.subject_resident_id is not null
                and not exists (
                    select from ops.finding_attachment_withdrawal as gone where gone.attachment_id = kept.attachment_id
                )
        )
    );
    return query
    select kept.finding_id, kept.name, kept.kind, kept.content
    from ops.finding_attachment as kept
    where
        kept.attachment_id = $1
        and not exists (
            select from ops.finding_attachment_withdrawal as gone where gone.attachment_id = kept.attachment_id
        );
end $$;
comment on function api_v1.finding_attachment(bigint, text) is '按用途取本区划疑点的一份附件，留痕';

grant execute on function api_v1.finding_attachment(bigint, text) to officer;
