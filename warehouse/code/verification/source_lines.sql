-- Landed lines of a feed, in the order asked: as received, and what each of the records made of one reads. Runs as a
-- role that may read lines and nothing else (rights/line_reader.sql): what it meets belongs to whoever lands, and
-- could run anything with its rights. So it is refused where it is no plain table or view, and whatever reading did
-- besides is undone: a trigger that waits for the end of the transaction, or a setting, would outlive this role.
create or replace function verification.source_lines(
    feed text, delivery_ids text[], line_numbers bigint[], records text[]
) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    readings text;
    told jsonb;
    strange constant text := (select string_agg(name, ', ') from ops.strange_inputs() as name);
begin
    if strange is not null then
        raise invalid_parameter_value using message = format(
            '来源行现在不能显示：raw 或 input 中有不是落地建立的内容（%1$s），请告知系统管理员。 '
            'Source lines are not shown: raw or input holds what landing does not make there: %1$s.', strange
        );
    end if;
    if to_regclass(format('raw.%I', $1)) is null then
        return '[]';
    end if;
    select string_agg(
        format(
            $read$ || coalesce((
                select jsonb_agg(
                    jsonb_build_object('record', %L, 'values', to_jsonb(line)) order by line.position
                )
                from input.%I as line
                where
                    line.feed = $3 and line.delivery_id = wanted.delivery_id
                    and line.line_number = wanted.line_number and line.is_absent is not true
            ), '[]')$read$,
            record, record
        ),
        '' order by place
    )
    into readings
    from unnest($4) with ordinality as bound (record, place)
    where to_regclass(format('input.%I', record)) is not null;
    begin
        execute format(
            $line$
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'received', (
                        select to_jsonb(line) from raw.%I as line
                        where line._delivery_id = wanted.delivery_id and line._line_number = wanted.line_number
                    ),
                    'read', '[]'::jsonb%s
                )
                order by wanted.place
            ), '[]')
            from unnest($1, $2) with ordinality as wanted (delivery_id, line_number, place)
            $line$,
            $1, readings
        ) into told using $2, $3, $1;
        raise exception using errcode = 'MZ001';  -- what was told stays, nothing else does
    exception
        when sqlstate 'MZ001' then null;
    end;
    return told;
end $$;

grant execute on function verification.source_lines(text, text[], bigint[], text[]) to dw_owner;
