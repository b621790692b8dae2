"""Which canonical record the columns of a file are, and which column of it each: by header, by values, one to one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.drafting.values import Column
from ingestion.drafting.words import (
    code_words,
    cuts,
    is_chinese,
    letters,
    line_meaning,
    meanings_of,
    normal,
    spoken,
)
from ingestion.records import CanonicalRecord, RecordColumn, canonical_records

# What a column of the line may be besides a column of a record.
OPERATION, UPDATED_AT, VERSION, SEQUENCE, REMARK = "operation", "updated_at", "version", "sequence", "remark"
OF_THE_LINE = (OPERATION, UPDATED_AT, VERSION, SEQUENCE, REMARK)
# A guess below this is none.
LEAST = 0.4
# A Chinese header of a number the line goes by, and not of an account or a telephone.
CALLED_A_NUMBER = re.compile(r"^(?!.*(账|帐|卡|电话|手机)).*(号|编码|代码|序)")
# How a column is called in a file that names none.
NAMELESS = "第"
SURE, LIKELY = 0.9, 0.6
# How much a record must lack or have to stand behind or before another.
MISSING_REQUIRED, NAMED_SO, PART_OF_THE_LINE = 0.5, 1.5, 1.0
# A nested list is a record only where so much speaks for it.
LEAST_OF_A_LIST = 0.8
REFUTED, OPEN, FITS = 0.25, 0.9, 1.0
# A code of so many characters is met in one column only.
LONG_CODE = 4
# Two records so near to one another are equally likely.
CLOSE = 0.5
# What is known by being the only one of its kind that is left.
LEFT_OVER = {("date", "end_date"): "日期", ("yuan",): "金额"}


@dataclass(frozen=True)
class Guess:
    """What a column of a file is. score: 0 to 1; reasons: in Chinese, for whoever reads the draft; is_by_name: its
    header says it, not its values alone."""

    column: Column
    target: str
    score: float
    reasons: tuple[str, ...]
    is_by_name: bool = False

    @property
    def how_sure(self) -> str:
        return "确定" if self.score >= SURE else "较可能" if self.score >= LIKELY else "存疑"


@dataclass
class Match:
    """A record as the columns fill it. guesses: by column of the record; each: the nested list it stands in."""

    record: CanonicalRecord
    guesses: dict[str, Guess]
    score: float
    each: Column | None = None

    @property
    def missing(self) -> list[RecordColumn]:
        return [column for column in self.record.columns if column.name not in self.guesses]


@dataclass
class Matched:
    """All that was made of the columns of a file. line: columns that speak of the line, by what they are.

    is_doubtful: neither a name of a column nor of a file says that it is this record, or another is as likely.
    """

    records: list[Match]
    line: dict[str, Guess] = field(default_factory=dict)
    runners_up: list[tuple[str, float]] = field(default_factory=list)
    is_doubtful: bool = False

    def target_of(self, column: Column, each: Column | None = None) -> Guess | None:
        guesses = [
            guess
            for match in self.records
            if match.each is each
            for guess in match.guesses.values()
            if guess.column is column
        ]
        if each is None:
            guesses += [guess for guess in self.line.values() if guess.column is column]
        return max(guesses, key=lambda guess: guess.score, default=None)


def match(columns: Sequence[Column], named: Mapping[str, int], wanted: str | None = None) -> Matched:
    """named: records that names and titles speak of; wanted: the record somebody said it is."""
    flat = [column for column in columns if not column.is_list]
    lists = [column for column in columns if column.is_list]
    line = _line_columns(flat)
    ranked = sorted(
        (_match(record, flat, line, named) for record in _records(wanted)),
        key=lambda found: -found.score,
    )
    best = ranked[0]
    is_said = wanted is not None or best.record.name in named
    is_close = len(ranked) > 1 and best.score - ranked[1].score < CLOSE
    is_doubtful = not is_said and (is_close or not any(guess.is_by_name for guess in best.guesses.values()))
    best.guesses |= _only_ones_left(best, flat, line)
    taken = {id(guess.column) for guess in best.guesses.values()}
    matched = Matched(
        [best],
        {kind: guess for kind, guess in line.items() if id(guess.column) not in taken},
        [(found.record.name, round(found.score, 1)) for found in ranked[1:3]],
        is_doubtful,
    )
    for each in lists:
        found = _match_of_list(each, best, named)
        if found is not None:
            matched.records.append(found)
    return matched


def _records(wanted: str | None) -> Iterable[CanonicalRecord]:
    records = canonical_records()
    # Parts of another record come in the list of its line.
    return [records[wanted]] if wanted else [record for record in records.values() if record.part_of is None]


def _match(
    record: CanonicalRecord, columns: Sequence[Column], line: Mapping[str, Guess], named: Mapping[str, int]
) -> Match:
    of_line = {id(guess.column): guess.score for guess in line.values()}
    found = [
        guess
        for column in columns
        for guess in _guesses(record, column)
        # A column that speaks of the line is one of the record only where that is likelier.
        if guess.score > of_line.get(id(column), 0.0)
    ]
    guesses = _one_to_one(found)
    guesses |= _number_of_the_line(record, columns, guesses, of_line)
    score = sum(guess.score for guess in guesses.values())
    score -= MISSING_REQUIRED * sum(
        column.is_required
        for column in record.columns
        if column.name not in guesses | dict(cuts(record.name))
    )
    if record.name in named:
        score += NAMED_SO * named[record.name] / max(named.values())
    return Match(record, guesses, score)


def _number_of_the_line(
    record: CanonicalRecord,
    columns: Sequence[Column],
    guesses: Mapping[str, Guess],
    of_line: Mapping[int, float],
) -> dict[str, Guess]:
    """Where nothing is known for the number a record goes by: the first column that is different in each line."""
    wanted = record.column(record.key[0])
    if wanted.name in guesses or wanted.type != "identifier":
        return {}
    taken = {id(guess.column) for guess in guesses.values()} | {*of_line}
    for column in columns:
        is_number = column.share("identifier") >= 0.9 and not column.is_personal and column.share("day") < 0.5
        is_called_so = not is_chinese(column.header) or CALLED_A_NUMBER.search(column.header)
        if id(column) not in taken and column.is_unique and is_number and is_called_so:
            return {wanted.name: Guess(column, wanted.name, LEAST, ("各行不同，像编号",))}
    return {}


def _only_ones_left(best: Match, columns: Sequence[Column], line: Mapping[str, Guess]) -> dict[str, Guess]:
    """Where one required day or amount is not known yet, and one column of such values is nothing yet."""
    taken = {id(guess.column) for guess in (*best.guesses.values(), *line.values())}
    found = {}
    for types, said in LEFT_OVER.items():
        wanted = [column for column in best.missing if column.is_required and column.type in types]
        left = [
            column
            for column in columns
            if id(column) not in taken
            and column.filled
            and not (types == ("yuan",) and column.comes_again)  # amounts differ, codes come again
            and any(_fit(best.record, described, column)[0] == FITS for described in wanted)
        ]
        if len(wanted) == len(left) == 1:
            found[wanted[0].name] = Guess(left[0], wanted[0].name, LEAST, (f"剩下的只有这一列是{said}",))
    return found


def _match_of_list(each: Column, line: Match, named: Mapping[str, int]) -> Match | None:
    candidates = []
    for record in canonical_records().values():
        if record is line.record:
            continue
        found = _match(record, each.items, {}, {})
        # What the line says need not stand in each item.
        found.score += MISSING_REQUIRED * sum(
            column.is_required for column in found.missing if column.name in line.guesses
        )
        found.score += PART_OF_THE_LINE * (record.part_of == line.record.name)
        found.score += NAMED_SO * (normal(each.header) in (normal(record.title), normal(record.name)))
        found.each = each
        candidates.append(found)
    best = max(candidates, key=lambda found: found.score)
    return best if best.score >= LEAST_OF_A_LIST else None


def _one_to_one(found: Sequence[Guess]) -> dict[str, Guess]:
    """The best guesses first; each column of the file, and of the record, once."""
    guesses: dict[str, Guess] = {}
    taken: set[int] = set()
    for guess in sorted(found, key=lambda guess: -guess.score):
        if guess.target not in guesses and id(guess.column) not in taken:
            guesses[guess.target] = guess
            taken.add(id(guess.column))
    return guesses


def _guesses(record: CanonicalRecord, column: Column) -> list[Guess]:
    said = meanings_of(record.name, spoken(column.header))
    found = []
    for described in record.columns:
        fits, seen = _fit(record, described, column)
        meaning = said.get(described.name)
        if meaning is not None and meaning.strength * fits >= LEAST:
            score = min(1.0, meaning.strength * fits * (1.05 if fits == FITS and seen else 1.0))
            how = _how_written(spoken(column.header), meaning.synonym)
            found.append(Guess(column, described.name, score, (how, *seen), is_by_name=True))
        elif meaning is None or fits == FITS:
            strength, why = _by_values(record, described, column)
            if strength >= LEAST:
                found.append(Guess(column, described.name, strength, (why,)))
    return found


def _how_written(header: str, synonym: str) -> str:
    if normal(header) == normal(synonym):
        return f"列名即“{synonym}”" if header == synonym else f"列名“{header}”即“{synonym}”"
    if header.isascii():
        return f"列名“{header}”是“{synonym}”的拼音"
    return f"列名“{header}”近于“{synonym}”"


# What values say ------------------------------------------------------------------------------------


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _fit(record: CanonicalRecord, described: RecordColumn, column: Column) -> tuple[float, tuple[str, ...]]:
    """How well the values are of a type, and what to say of it."""
    if not column.filled:
        return OPEN, ("各行皆空",)
    share = column.share
    is_number_of_a_person = share("id_number") >= 0.5
    match described.type:
        case "id_number":
            if share("id_number") >= 0.3:
                return FITS, (f"{_percent(share('id_number'))} 的值通过身份证校验位",)
            return (REFUTED if share("name") >= 0.5 or share("day") >= 0.5 else OPEN), ()
        case "name":
            if share("name") >= 0.4:
                return FITS, (f"{_percent(share('name'))} 的值像姓名",)
            # A name of a county or an office comes again line by line, and looks like nobody's.
            is_nobody_s = is_number_of_a_person or (share("name") < 0.1 and column.comes_again)
            return (REFUTED if is_nobody_s or share("number") >= 0.5 else OPEN), ()
        case "date" | "end_date":
            best = max(share("date"), share("end_date"))
            if best >= 0.5 and (share("day") >= 0.3 or share("year_month") < 0.5):
                return FITS, (f"{_percent(best)} 的值读得出日期",)
            if share("year_month") >= 0.6:
                return OPEN, (f"{_percent(share('year_month'))} 的值是月份",)
            return REFUTED, ()
        case "month":
            if share("month") >= 0.6:
                return FITS, (f"{_percent(share('month'))} 的值读得出月份",)
            return REFUTED, ()
        case "instant":
            return (
                (FITS, (f"{_percent(share('instant'))} 的值读得出时间",))
                if share("instant") >= 0.6
                else (REFUTED, ())
            )
        case "yuan" | "number":
            best = max(share("yuan"), share("number"))
            if best >= 0.6 and not is_number_of_a_person and share("phone") < 0.5 and share("card") < 0.5:
                return FITS, (f"{_percent(best)} 的值是数",)
            return REFUTED, ()
        case "share":
            return (
                (FITS, (f"{_percent(share('share'))} 的值读得出份额",))
                if share("share") >= 0.5
                else (REFUTED, ())
            )
        case "division":
            if share("division") >= 0.6 and share("year_month") < 0.9:
                return FITS, (f"{_percent(share('division'))} 的值是区划代码",)
            return REFUTED, ()
        case "account":
            return (
                (FITS, ("值像账号",)) if share("account") >= 0.5 and share("card") >= 0.3 else (REFUTED, ())
            )
        case "code":
            known = share_of_known_codes(record, described, column)
            if known >= 0.6:
                return FITS, (f"{_percent(known)} 的值是已知代码",)
            return (OPEN if column.is_code_list and not column.is_personal else REFUTED), ()
        case "identifier":
            if share("name") >= 0.6 or (is_number_of_a_person and share("id_prefix") < 0.5):
                return REFUTED, ()
            is_key = described.name in record.key
            return (FITS, ("各行不同",)) if is_key and column.is_unique else (OPEN, ())
    return (REFUTED if is_number_of_a_person else OPEN), ()


def _by_values(record: CanonicalRecord, described: RecordColumn, column: Column) -> tuple[float, str]:
    """How likely a column is one of a record by its values alone, and why."""
    share = column.share
    is_nameless = column.header.startswith(NAMELESS)
    if not column.filled:
        return 0.0, ""
    match described.type:
        case "id_number" if share("id_number") >= 0.6:
            return 0.7, f"{_percent(share('id_number'))} 的值通过身份证校验位"
        case "name" if share("name") >= 0.6 and not column.comes_again:
            return 0.55, f"{_percent(share('name'))} 的值像姓名"
        case "division" if share("division") >= 0.9 and share("year_month") < 0.9:
            return 0.5, "值是区划代码"
        case "account" if share("account") >= 0.9 and share("card") >= 0.9 and share("id_number") < 0.1:
            return 0.5, "值像账号"
        case "month" if is_nameless and share("year_month") >= 0.9:
            return 0.42, "值是月份"
        case "date" | "end_date" if is_nameless and share("day") >= 0.9 and share("date") >= 0.9:
            return 0.41, "值是日期"
        case "yuan" if is_nameless and share("yuan") >= 0.9 and 0 < share("whole") < 0.9:
            return 0.41, "值是金额"
        # 高龄津贴 looks like somebody's name, and is a code word for word.
        case "code" if described.codes and (
            not column.is_personal or all(code_of(record, described, own)[1] for own in column.counts)
        ):
            words = [value for value in column.counts if not normal(value).isdigit()]
            # One word alone (成功, 有效, 否) may be of many columns; a long one (高龄津贴) is of one.
            is_telling = len(words) > 1 or any(len(value) >= LONG_CODE for value in words)
            if is_telling and share_of_known_codes(record, described, column) >= 0.9:
                return (0.6 if any(len(value) > 1 for value in words) else 0.5), "值都是已知代码"
    looks = {
        "plate_no": ("plate", "号牌"), "company_no": ("company", "统一社会信用代码"),
        "unit_no": ("unit", "不动产单元号"),
        "vehicle_type": ("vehicle_type", "GA/T 16.4 车辆类型代码"), "address": ("address", "地址"),
        "phone": ("phone", "电话"), "caller": ("phone", "电话"), "card_no": ("id_prefix", "身份号码加残疾类别与等级"),
    }  # fmt: skip
    if described.name in looks:
        kind, title = looks[described.name]
        if share(kind) >= 0.8:
            return 0.7, f"值像{title}"
    return 0.0, ""


def share_of_known_codes(record: CanonicalRecord, described: RecordColumn, column: Column) -> float:
    """Share of the lines with a value whose own code is known for one of the record."""
    if not described.codes or not column.is_code_list:
        return 0.0
    known = sum(
        lines for value, lines in column.counts.items() if code_of(record, described, value)[0] is not None
    )
    return known / column.filled


def code_of(record: CanonicalRecord, described: RecordColumn, own: str) -> tuple[str | None, bool]:
    """The code an own one stands for, and whether that is sure; null where nobody can tell."""
    if own in described.codes:
        return own, True
    word = normal(own)
    forms = code_words(record.name, described.name)
    exact = [code for code, words in forms.items() if word in words]
    if len(exact) == 1:
        return exact[0], len(word) > 1
    if exact or word.isascii():
        return None, False
    lengths = {
        code: max(
            (len(form) for form in words if len(form) > 1 and (form in word or word in form)), default=0
        )
        for code, words in forms.items()
    }
    longest = max(lengths.values(), default=0)
    near = [code for code, length in lengths.items() if length == longest and length]
    return (near[0], False) if len(near) == 1 else (None, False)


# Columns of the line ----------------------------------------------------------------------------------


def _line_columns(columns: Sequence[Column]) -> dict[str, Guess]:
    """The best column for each thing a line may say of itself."""
    found = []
    for column in columns:
        header = spoken(column.header)
        for kind in OF_THE_LINE:
            strength = line_meaning(header, kind)
            fits, why = _fit_of_line(kind, column)
            if (
                kind == OPERATION
                and not strength
                and fits == FITS
                and any(len(value) > 1 for value in column.counts)
            ):
                strength = 0.5
            if strength * fits >= LEAST:
                reason = f"列名“{header}”" if strength > 0.5 else "值"
                found.append(Guess(column, kind, min(1.0, strength * fits * 1.1), (f"{reason}{why}",)))
    return _one_to_one(found)


def _fit_of_line(kind: str, column: Column) -> tuple[float, str]:
    if kind == OPERATION:
        known = {word: which for which, words in letters().items() for word in words}
        met = {known.get(normal(value)) for value in column.counts}
        is_all = bool(met) and None not in met
        is_telling = len(met) > 1 or any(len(value) > 1 for value in column.counts)
        return (
            FITS if is_all and is_telling else 0.7 if len(column.counts) <= 6 else 0.0
        ), "说的是本行的操作"
    if kind == UPDATED_AT:
        return (FITS if column.share("instant") >= 0.8 else 0.0), "是本行的修改时间"
    if kind in (VERSION, SEQUENCE):
        return (FITS if column.share("whole") >= 0.9 else 0.0), "是版本号" if kind == VERSION else "是序号"
    return OPEN, "是备注"
