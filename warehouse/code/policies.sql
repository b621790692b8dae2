-- Row security of the served tables: nobody sees a row unless a policy says so, the owner included. What is
-- served to the approval system is whole ("in force anywhere"); analysts see their own divisions.
do $$
declare
    served record;
    own_rows text;
begin
    for served in
        select
            relation.relname as name,
            array(select attname::text from pg_attribute where attrelid = relation.oid and attnum > 0) as columns
        from pg_class as relation
        where relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
    loop
        if served.name <> 'current_generation' then
            execute format('grant select on pub.%I to loader', 'current_' || served.name);
        end if;
        continue when not pg_has_role(current_user, 'dw_owner', 'usage')
            or not pg_has_role(current_user, 'analytics_owner', 'usage');
        execute format('alter table pub.%I enable row level security', served.name);
        execute format('alter table pub.%I force row level security', served.name);
        execute format('drop policy if exists serve on pub.%I', served.name);
        execute format('create policy serve on pub.%I for select to dw_owner using (true)', served.name);
        execute format('drop policy if exists publish on pub.%I', served.name);
        execute format('create policy publish on pub.%I to publisher using (true) with check (true)', served.name);
        -- Of a served table it sees, and so removes, only rows that have ended; no version of a finding.
        execute format('drop policy if exists retain on pub.%I', served.name);
        if 'to_generation' = any(served.columns) and served.name <> 'finding' then
            execute format('grant select (from_generation, to_generation), delete on pub.%I to retention', served.name);
            execute format(
                'create policy retain on pub.%I to retention using (to_generation is not null)', served.name
            );
        elsif served.name = 'current_generation' then
            create policy retain on pub.current_generation for select to retention using (true);
        end if;
        execute format('drop policy if exists remember on pub.%I', served.name);
        if served.name = 'finding' then
            create policy remember on pub.finding for select to transformer using (true);
        end if;
        execute format('drop policy if exists own_divisions on pub.%I', served.name);
        execute format('drop policy if exists everybody on pub.%I', served.name);
        if served.name = any(array[
            'current_generation', 'anomaly_rule', 'source_freshness', 'source_freshness_by_division',
            'benefit_standard', 'division', 'income_window', 'rule_parameter', 'verification_parameter',
            'verification_code', 'finding_reason', 'public_holiday', 'code_title'
        ]) then
            execute format('create policy everybody on pub.%I for select to analytics_owner using (true)', served.name);
        else
            -- The sub-selects are evaluated once; a call per row would cost 17 times as much. What has
            -- no division of its own follows the household or the resident it belongs to, where they are by the
            -- newest generation: who moved away is not seen any more by where they were.
            own_rows := case
                when 'division_code' = any(served.columns) then
                    '(select pub.sees_all_divisions()) or division_code = any((select pub.own_divisions())::text[])'
                when 'aid_household_no' = any(served.columns) then
                    'aid_household_no in (select aid_household_no from pub.aid_household where to_generation is null)'
                when 'resident_id' = any(served.columns) then
                    'resident_id in (select resident_id from pub.resident where to_generation is null)'
                -- A marriage is seen where either partner is.
                when 'husband_resident_id' = any(served.columns) then
                    '(select pub.sees_all_divisions())'
                    ' or husband_resident_id in (select resident_id from pub.resident where to_generation is null)'
                    ' or wife_resident_id in (select resident_id from pub.resident where to_generation is null)'
            end;
            -- A rule that lacks a column and has nobody to judge is without a division, tells of nobody, and
            -- concerns everybody.
            if served.name = 'coverage' then
                own_rows := own_rows || ' or division_code is null and assessed = 0';
            end if;
            if own_rows is not null then
                execute format(
                    'create policy own_divisions on pub.%I for select to analytics_owner, analyst, officer using (%s)',
                    served.name, own_rows
                );
            end if;
        end if;
    end loop;
end $$;
