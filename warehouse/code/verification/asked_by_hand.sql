-- A question of whoever is logged in, asked in that person's own name and by a consent of the own divisions.
create or replace function verification.asked_by_hand(operation text, request jsonb) returns jsonb
language plpgsql as $$
begin
    return verification.answer(
        $1,
        case
            when jsonb_typeof($2) = 'object' then $2 || jsonb_build_object(
                'operator',
                coalesce(
                    (select account.display_name from desk.account as account where account.login = session_user),
                    session_user
                )
            )
            else $2
        end,
        is_own_consent => true
    );
end $$;
