-- Yuan from a whole number of fen, negative ones included; null from a thousand million yuan on. 分
create or replace function clean.fen(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    fen numeric := clean.number(value);
begin
    return case when fen = trunc(fen) and abs(fen) < 1e11 then round(fen / 100, 2) end;
end $$;
