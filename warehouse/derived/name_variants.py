"""The SQL function that gives a name its comparable form, derived from the OpenCC dictionaries."""

from importlib.resources import files
from pathlib import Path

TARGET = Path(__file__).parents[1] / "code" / "clean" / "person_name.sql"

TEMPLATE = """\
-- Derived by `minzheng sync` from the OpenCC dictionary of traditional and variant characters; do not edit.

-- A name in its comparable form: half-width, without blanks, one middle dot for minority
-- names (U+00B7), traditional and variant characters written simplified; null where it is none. 姓名归一
create or replace function clean.person_name(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text := replace(clean.as_seen(value), ' ', '');
begin
    -- Nobody is called NULL, 不详 or #N/A, and who is called 张* or 张? has a name that we do not know.
    if clean.is_missing(v) or v ~ '[*?□\\ufffd]' then
        return null;
    end if;
    v := translate(v, '•‧∙⋅・.･', '·······');
    -- The look costs a hundredth of the replacement, and few names need it.
    if v ~ '[{traditional}]' then
        v := translate(
            v,
            '{traditional}',
            '{simplified}'
        );
    end if;
    return v;
end $$;
"""


def variant_pairs() -> list[tuple[str, str]]:
    """(character, simplified form), one character to one, from OpenCC's TSCharacters."""
    table = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = []
    for line in table.splitlines():
        character, _, forms = line.partition("\t")
        simplified = forms.split(" ")[0]
        if len(character) == len(simplified) == 1 and character != simplified:
            pairs.append((character, simplified))
    return sorted(pairs)


def person_name_sql() -> str:
    """The text of ``clean/person_name.sql``."""
    pairs = variant_pairs()
    return TEMPLATE.format(
        traditional="".join(character for character, _ in pairs),
        simplified="".join(simplified for _, simplified in pairs),
    )
