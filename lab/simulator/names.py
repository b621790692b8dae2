"""Invented names, and the ways other people write them."""

from random import Random

_SURNAMES = (
    "沈姚钱陆费闵俞施章凌慎吴王李张陈刘杨黄周徐朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程"
    "苏魏吕丁任卢钟崔范汪石廖贾夏韦傅方白邹孟熊秦邱江尹薛阎段雷侯龙史陶黎贺顾毛郝龚邵万覃武戴莫孔向汤严"
)
_DOUBLE_SURNAMES = ("欧阳", "上官", "诸葛", "司徒", "皇甫")

# Given names by the generation they belong to: born before 1950, 1950-79, 1980-99, after.
_MALE = (
    "根金阿荣福泉炳兴松庆祥财寿坤长顺生富贵德义仁宝林水茂",
    "建国卫东志军明华永平新民文斌国强红旗海峰学良跃进爱光林勇援",
    "伟杰鹏磊超俊浩宁晨亮凯飞涛波翔宇斌帆锋栋昊恺晓龙振",
    "子轩梓睿一诺奕辰沐泽皓铭宸宇泽瑞承恩嘉懿景行知远以川牧",
)
_FEMALE = (
    "阿杏宝珠月娥金凤巧彩招娣素珍桂英菊仙翠莲香兰秀根凤阿毛琴",
    "丽华美芳建英秀兰爱珍小红卫琴玉梅惠萍雪芬亚琴国英月琴春霞",
    "静婷雯晓燕丹倩娜敏洁佳慧莹琳璐蕾薇颖欣怡露萍娟晶",
    "梓涵诗语欣妍若汐可沁雨桐思琪依诺书瑶悦宁芷沐安苒念晗",
)
_MINORITY_FIRST = {
    1: ("艾尼瓦尔", "库尔班", "阿卜杜拉", "木拉提", "次仁", "丹增", "洛桑", "热合曼"),
    2: ("古丽娜尔", "阿米娜", "茹仙", "帕提古丽", "央金", "德吉", "白玛", "祖丽皮亚"),
}
_MINORITY_LAST = ("托合提", "吐尔洪", "亚森", "玉素甫", "多吉", "旺堆", "顿珠", "买买江")
#: Rare characters outside the Basic Multilingual Plane that really occur in given names.
_RARE = "𫖯𬸚𬭎𫟹𬤇𪣻𬊈𬍤𫓧𬬭"

_TRADITIONAL = dict(
    zip(
        "钱陆费闵吴张陈刘杨黄罗郑谢许韩冯邓萧苏魏吕任卢钟叶贾韦龙贺顾龚万庄严汤财庆寿长顺贵义宝兴"
        "国卫东军华强旗学进伟鹏飞锋龙凤兰莲丽爱红玉惠静晓娜洁莹诗语书辰泽远",
        "錢陸費閔吳張陳劉楊黃羅鄭謝許韓馮鄧蕭蘇魏呂任盧鍾葉賈韋龍賀顧龔萬莊嚴湯財慶壽長順貴義寶興"
        "國衛東軍華強旗學進偉鵬飛鋒龍鳳蘭蓮麗愛紅玉惠靜曉娜潔瑩詩語書辰澤遠",
        strict=True,
    )
)
_HOMOPHONES = dict(
    zip(
        "沈章俞徐吴伟明芳英军华秀红国梅丽建志文斌勇静婷晓佳慧琳欣珍琴萍霞根祥荣庆梓子轩睿宇涵沁瑶燕",
        "审张余许伍玮铭方瑛君桦绣虹帼玫莉健智雯彬永靖亭小嘉惠林新贞芹平侠耕翔蓉清子梓宣瑞雨晗芯遥艳",
        strict=True,
    )
)
MIDDLE_DOT = "·"
_DOT_VARIANTS = (".", "•", "．", "")


def surname(random: Random) -> str:
    """A surname; a few have two characters."""
    return random.choice(_DOUBLE_SURNAMES) if random.random() < 0.006 else random.choice(_SURNAMES)


def given_name(random: Random, sex: int, birth_year: int) -> str:
    generation = 0 if birth_year < 1950 else 1 if birth_year < 1980 else 2 if birth_year < 2000 else 3
    pool = (_MALE if sex == 1 else _FEMALE)[generation]
    name = random.choice(pool)
    if random.random() < 0.82:
        name += random.choice(pool)
    if random.random() < 0.004:
        name = random.choice(_RARE) + name[1:]
    return name


def minority_name(random: Random, sex: int) -> str:
    return random.choice(_MINORITY_FIRST[sex]) + MIDDLE_DOT + random.choice(_MINORITY_LAST)


def _replace_one(random: Random, name: str, table: dict[str, str]) -> str:
    places = [i for i, c in enumerate(name) if table.get(c, c) != c]
    if not places:
        return name
    place = random.choice(places)
    return name[:place] + table[name[place]] + name[place + 1 :]


def in_traditional(random: Random, name: str) -> str:
    """One character in its traditional form; unchanged if none has one."""
    return _replace_one(random, name, _TRADITIONAL)


def misheard(random: Random, name: str) -> str:
    """One character replaced by a homophone; unchanged if we know none."""
    return _replace_one(random, name, _HOMOPHONES)


def with_blank(name: str) -> str:
    return name[:1] + " " + name[1:]


def with_other_dot(random: Random, name: str) -> str:
    return name.replace(MIDDLE_DOT, random.choice(_DOT_VARIANTS))
