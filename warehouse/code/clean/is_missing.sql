-- Whether a value only says that there is none: nothing, marks alone, a word for it, or what a program or
-- a spreadsheet writes for it (NULL, #N/A). 空值写法
create or replace function clean.is_missing(value text) returns boolean
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '[1-9]' then  -- the usual case
        return false;
    end if;
    v := upper(clean.compact(value));
    return v is null
        or v ~ '^[-!-,./:-@\[-`{-~—–―‐−。、·•×…○□]*$'
        or v in ('#REF!', '#VALUE!', '#DIV/0!', '#NAME?', '#NUM!', '#NULL!', '#N/A', '#NA', '\N')
        or btrim(v, '()<>[]{}\/-—.。*?') in (
            'NULL', 'NONE', 'NIL', 'NAN', 'NA', 'N/A', 'UNDEFINED', 'UNKNOWN', '无', '没有', '暂无', '空', '空白', '略',
            '不详', '不明', '不清', '不知', '未知', '未填', '未填写', '未提供', '未登记', '未采集', '未录入', '待查', '待补', '待补充',
            '待定', '待核实', '同上', '同前', '无名', '无名氏', '无名尸', '姓名不详', '无号码', '无证件', '无账号', '无账户'
        );
end $$;
