"""What the values of a column look like. Dates, amounts and numbers are read by the cleaning functions of the
database, as landing reads them: what a draft takes for a date, the warehouse can read as one."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import psycopg

# Values of a column that are looked at, the commonest (no share below a tenth decides), and of a code list.
MOST_DISTINCT = 100
MOST_CODES = 30
LONGEST_CODE = 24
# Beside blanks: what makes a spreadsheet take digits for a text.
TEXT_MARKS = " \t\u3000'`’‘"
# Family names as they are commonly met (百家姓 and the frequent ones of today).
SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁"
    "柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪干解应宗丁宣邓郁单"
    "杭洪包诸左石崔吉龚程邢裴陆荣翁荀羊惠甄曲家封储靳松井段富巫乌焦巴弓车侯班仰秋仲伊宫宁仇甘厉祖武符刘景詹束龙叶幸司黎薄印"
    "白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳姬申扶堵冉宰郦雍桑桂牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎充慕连茹"
    "习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄东欧沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰"
    "巢关蒯相查后荆红游竺权逯盖益桓公肖闫覃付代涂阳佘邸阿沐帅岳亢铁绳绽綦"
)
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]{2,4}")
_MINORITY_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]+([·•．.][\u3400-\u9fff]+)+")
_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}")
_CARD = re.compile(r"[0-9]{12,21}")
_PLATE = re.compile(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-Z][A-Z0-9]{4,6}[挂学警港澳]?"
)
_COMPANY = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_UNIT = re.compile(r"[0-9]{12}[A-Z]{2}[0-9]{5}[A-Z][0-9]{8}")
_YEAR_MONTH = re.compile(r"(19|20)[0-9]{2}[-./年]?(0?[1-9]|1[0-2])月?")
_DAY = re.compile(
    r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"|(19|20)[0-9]{2}[-./年][0-9]{1,2}[-./月][0-9]{1,2}.*|[一二][〇○零一二三四五六七八九]{3}年.*"
)
_VEHICLE_TYPE = re.compile(r"[A-Z][0-9]{2}")  # GA/T 16.4
_ADDRESS = re.compile(r".*[省市区县旗镇乡村街路巷道组栋号室社].*[镇乡村街路巷道组栋号室社]\S*")
_WHOLE = re.compile(r"[-+]?[0-9]+")
# What each is by its look alone.
LOOKS: Mapping[str, re.Pattern[str]] = {
    "phone": _PHONE, "plate": _PLATE, "company": _COMPANY, "unit": _UNIT, "card": _CARD, "year_month": _YEAR_MONTH,
    "day": _DAY, "whole": _WHOLE, "vehicle_type": _VEHICLE_TYPE, "address": _ADDRESS,
}  # fmt: skip
READ = (
    "date",
    "end_date",
    "month",
    "instant",
    "yuan",
    "number",
    "share",
    "division",
    "account",
    "identifier",
)
QUERY = """
select place, value,
    clean.is_missing(value) as is_missing,
    clean.id_number(value) is not null as id_number,
    clean.id_number(left(value, 18)) is not null and length(value) between 19 and 24 as id_prefix,
    clean.date(value) is not null, clean.end_date(value) is not null, clean.month(value) is not null,
    clean.instant(value) is not null, clean.yuan(value) is not null, clean.number(value) is not null,
    clean.share(value) is not null, clean.division(value) is not null, clean.account(value) is not null,
    clean.identifier(value) is not null
from unnest(%s::int[], %s::text[]) as given (place, value)
"""


@dataclass
class Column:
    """A column as it stands in the files. header: its name there, in JSON perhaps a path; items: of a nested list.

    values: line by line, empty where there is none; position: in a line of fixed width, start from 1 and length.
    shares: what look() found, kind to share of the lines with a value (0 to 1). first_lines: lines of the fullest
    of several files, in which a key should stand once; null where all values are of one file.
    """

    header: str
    values: list[str] = field(default_factory=list)
    items: list["Column"] = field(default_factory=list)
    position: tuple[int, int] | None = None
    shares: dict[str, float] = field(default_factory=dict)
    first_lines: int | None = None

    @cached_property
    def counts(self) -> Counter[str]:
        """Value to lines with it."""
        return Counter(value for value in self.values if value)

    @property
    def filled(self) -> int:
        return self.counts.total()

    @property
    def blanks(self) -> int:
        return len(self.values) - self.filled

    @property
    def is_list(self) -> bool:
        return bool(self.items)

    @property
    def of_one_file(self) -> list[str]:
        return self.values[: self.first_lines]

    @property
    def is_unique(self) -> bool:
        values = self.of_one_file
        return len(values) > 1 and all(values) and len(set(values)) == len(values)

    def share(self, kind: str) -> float:
        return self.shares.get(kind, 0.0)

    @property
    def is_personal(self) -> bool:
        """Whether its values may be somebody's: then none of them is told."""
        return max(map(self.share, ("id_number", "id_prefix", "phone", "name", "address"))) >= 0.3 or (
            self.share("card") >= 0.5 and len(self.counts) > 3
        )

    @cached_property
    def is_code_list(self) -> bool:
        """Whether its values are few and short."""
        if not 0 < len(self.counts) <= MOST_CODES or any(len(value) > LONGEST_CODE for value in self.counts):
            return False
        return self.share("day") <= 0.5 and (self.share("year_month") <= 0.5 or len(self.counts) <= 12)

    @property
    def comes_again(self) -> bool:
        """Whether values are so few that they say a kind, not a thing."""
        values = [value for value in self.of_one_file if value]
        return bool(values) and len(values) >= 2 * len(set(values))


def look(connection: psycopg.Connection, columns: Sequence[Column]) -> None:
    """Fill in what the values of each column, and of the items of lists, are."""
    every = [inner for column in columns for inner in (column, *column.items) if not inner.is_list]
    seen = [column.counts.most_common(MOST_DISTINCT) for column in every]
    places = [place for place, values in enumerate(seen) for _ in values]
    texts = [value for values in seen for value, _ in values]
    hits: list[Counter[str]] = [Counter() for _ in every]
    totals: Counter[int] = Counter()
    rows = connection.execute(QUERY, [places, texts]).fetchall()
    for place, value, is_missing, id_number, id_prefix, *readable in rows:
        lines = every[place].counts[value]
        if is_missing:
            continue
        totals[place] += lines
        kinds = {kind for kind, is_one in zip(READ, readable, strict=True) if is_one}
        kinds |= {kind for kind, pattern in LOOKS.items() if pattern.fullmatch(value.strip(TEXT_MARKS))}
        kinds |= {"id_number"} if id_number else set()
        kinds |= {"id_prefix"} if id_prefix else set()
        kinds |= {"name"} if is_name(value) else set()
        for kind in kinds:
            hits[place][kind] += lines
    for place, column in enumerate(every):
        column.shares = {kind: lines / totals[place] for kind, lines in hits[place].items()}


def is_name(value: str) -> bool:
    """Whether it looks like a person's name."""
    text = re.sub(r"\s", "", value)
    return bool((_NAME.fullmatch(text) and text[0] in SURNAMES) or _MINORITY_NAME.fullmatch(text))
