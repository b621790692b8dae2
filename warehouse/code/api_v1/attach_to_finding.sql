-- What it is, its first bytes say; what it is called, says nothing.
create or replace function api_v1.attach_to_finding(
    finding_id text, purpose text, name text, content bytea, added_by text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    most_bytes constant integer := 4194304;
    most_files constant integer := 20;
    own verification.finding;
    kind text;
    wrong text;
begin
    perform verification.want_purpose($2);
    perform verification.want_words($5, $3);
    select listed.* into own from verification.finding as listed where listed.finding_id = $1;
    perform verification.lock_finding($1);
    kind := case
        when substr($4, 1, 5) = decode('255044462d', 'hex') then 'pdf'
        when substr($4, 1, 3) = decode('ffd8ff', 'hex') then 'jpeg'
        when substr($4, 1, 8) = decode('89504e470d0a1a0a', 'hex') then 'png'
    end;
    wrong := case
        when own.finding_id is null then '没有这条疑点。 There is no such finding.'
        when octet_length($4) > most_bytes then '附件至多 4 MB。 An attachment has at most 4 MB.'
        when kind is null then '附件须是 PDF、JPEG 或 PNG。 An attachment is a PDF, JPEG or PNG.'
        when clean.words($3) is null or length($3) > 100 or $3 ~ '[[:cntrl:]/\\]'
            then '请写明附件的名称，至多 100 字。 Give the attachment a name of at most 100 characters.'
        when
            (
                select count(*) from ops.finding_attachment as known
                where
                    known.finding_id = $1
                    and not exists (
                        select from ops.finding_attachment_withdrawal as gone
                        where gone.attachment_id = known.attachment_id
                    )
            ) >= most_files
            then '一条疑点至多 20 个附件。 A finding has at most 20 attachments.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.finding_attachment (finding_id, name, kind, content, byte_count, sha256, added_by)
    values ($1, clean.words($3), kind, $4, octet_length($4), encode(sha256($4), 'hex'), $5);
    perform verification.note_reading(
        'attach_to_finding', $2, jsonb_build_object('finding_id', $1),
        array_remove(array[own.subject_resident_id], null)
    );
end $$;
comment on function api_v1.attach_to_finding(text, text, text, bytea, text) is
'为本区划某一疑点存一份附件（PDF、JPEG、PNG，按内容识别），留痕';

grant execute on function api_v1.attach_to_finding(text, text, text, bytea, text) to officer;
