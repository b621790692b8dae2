-- ISO 7064 MOD 11-2 check character of the first 17 digits (GB 11643). 校验码
create or replace function clean.check_character(first_17 text) returns text
language sql immutable parallel safe
return substr('10X98765432', 1 + ((
    ascii(first_17) * 7 + ascii(substr(first_17, 2)) * 9 + ascii(substr(first_17, 3)) * 10
    + ascii(substr(first_17, 4)) * 5 + ascii(substr(first_17, 5)) * 8 + ascii(substr(first_17, 6)) * 4
    + ascii(substr(first_17, 7)) * 2 + ascii(substr(first_17, 8)) + ascii(substr(first_17, 9)) * 6
    + ascii(substr(first_17, 10)) * 3 + ascii(substr(first_17, 11)) * 7 + ascii(substr(first_17, 12)) * 9
    + ascii(substr(first_17, 13)) * 10 + ascii(substr(first_17, 14)) * 5 + ascii(substr(first_17, 15)) * 8
    + ascii(substr(first_17, 16)) * 4 + ascii(substr(first_17, 17)) * 2
    - 48 * 100  -- ascii('0') times the sum of the weights
) % 11), 1);
