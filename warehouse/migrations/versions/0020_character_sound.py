"""How characters are read, so that names are compared in one place; foreigners' numbers in authorizations."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

# As a surname these are read differently than in words.
SURNAME_SOUNDS = {
    "单": "shan", "查": "zha", "仇": "qiu", "解": "xie", "区": "ou", "乐": "yue", "曾": "zeng",
    "任": "ren", "朴": "piao", "盖": "ge", "缪": "miao", "尉": "wei", "燕": "yan", "纪": "ji", "冼": "xian",
}  # fmt: skip
TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))

CHARACTER_SOUND = """
create table clean.character_sound (
    character text primary key,
    sound text not null,
    surname_sound text
);
comment on table clean.character_sound is '汉字的读音（无声调拼音），姓名比对用';
comment on column clean.character_sound.surname_sound is '作姓氏时的读音，与平常不同的才有';

alter table ops.authorization drop constraint authorization_id_number_check;
alter table ops.authorization add constraint authorization_id_number_check
check (id_number ~ '^([0-9]{17}[0-9X]|[A-Z]{3}[0-9]{12})$');

-- Who stands in one household book, where a name asked for is not the one a number is known by.
create index on pub.registered_household_member (household_no);
"""


def sound(readings: str) -> str:
    """The first of the readings of a character (``chóng,zhòng``), without its tone; ``ü`` is written v."""
    plain = unicodedata.normalize("NFD", readings.split(",")[0]).translate(TONES)
    return unicodedata.normalize("NFC", plain).replace("ü", "v")


def upgrade() -> None:
    from pypinyin.constants import PINYIN_DICT

    op.execute(CHARACTER_SOUND)
    op.get_bind().execute(
        sa.text(
            "insert into clean.character_sound"
            " select * from unnest(cast(:characters as text[]), cast(:sounds as text[]), cast(:surnames as text[]))"
        ),
        {
            "characters": [chr(code) for code in PINYIN_DICT],
            "sounds": [sound(readings) for readings in PINYIN_DICT.values()],
            "surnames": [SURNAME_SOUNDS.get(chr(code)) for code in PINYIN_DICT],
        },
    )


def downgrade() -> None:
    op.execute(
        """
        drop index pub.registered_household_member_household_no_idx;
        drop table clean.character_sound cascade;  -- and the functions that read it
        alter table ops.authorization drop constraint authorization_id_number_check;
        alter table ops.authorization add constraint authorization_id_number_check
        check (id_number ~ '^[0-9]{17}[0-9X]$') not valid;
        """
    )
