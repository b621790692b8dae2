"""A draft as the YAML of a contract, each guess with its reason beside it. No value of a person stands in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pypinyin import lazy_pinyin

from ingestion.drafting import OPEN
from ingestion.drafting.form import Form
from ingestion.drafting.match import (
    OPERATION,
    REMARK,
    SEQUENCE,
    UPDATED_AT,
    VERSION,
    Guess,
    Match,
    Matched,
    code_of,
)
from ingestion.drafting.values import Column
from ingestion.drafting.words import cuts, in_brackets, letters, normal, spoken
from ingestion.records import RecordColumn, canonical_records
from ingestion.value import AMOUNT_UNITS, UNITS

# System of a record where nobody says one.
SYSTEMS = {
    "population": "register", "marriage_event": "marriage", "cremation": "funeral", "aid_household": "assistance",
    "entitlement": "assistance", "payment": "assistance", "temporary_aid": "assistance", "stay": "eldercare",
    "home_visit": "eldercare", "benefit_standard": "reference",
}  # fmt: skip
NAMES_OF_THE_LINE = {
    OPERATION: "operation", UPDATED_AT: "updated_at", VERSION: "version_no", SEQUENCE: "sequence_no", REMARK: "remark",
}  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff.（）]*")
# Words in place of a day are short and few.
LONGEST_WORD, MOST_WORDS = 6, 5
_NUMBER_INSIDE = re.compile(r"(\D+)([1-9][0-9]?)(\D*)")
# What stands together in one cell, and how a contract takes it apart.
IN_ONE_CELL = {
    re.compile(r".*\D\d{17}[\dXx](?!\d).*"): "一格里有几个人：写作列表，以 itemsBy、partsBy 说明怎样分开"
    "（docs/mapping.zh.md#in-one-cell）",
    re.compile(r"(19|20)\d{4}(\d\d)?[-~～至—]+((19|20|99)\d{4}(\d\d)?)?"): "起止在一格里：以 split 分开"
    "（docs/mapping.zh.md#in-one-cell）",
}
# A column of a month of the year: 一月, 06月份, 12月金额.
_MONTH = re.compile(r"(十[一二]?|[一二三四五六七八九]|0?[1-9]|1[0-2])月份?\D*")
_NO_TEXT = re.compile(r"(?i:true|false|yes|no|on|off|null|y|n)")
# Units an amount is counted in, by what the brackets of its header say, and by how a header without them ends: 分 and
# FEN end other words too (个人自付部分, GRZFBUFEN, 积分).
IN_BRACKETS = {
    "wan_yuan": re.compile(r".*万元?"), "fen": re.compile(r"(.*[^部月身积得])?分|FEN", re.IGNORECASE),
}  # fmt: skip
AT_THE_END = {
    "wan_yuan": re.compile(r".*(万元?|_WAN(YUAN)?)"),
    "fen": re.compile(r".*(额|单位[:：]?)分|(.*_)?(FEN|fen)|.*[a-z]Fen"),
}


@dataclass(frozen=True)
class Kind:
    """Files of one pattern, in the words of a contract. without: headers that stand in none of them."""

    pattern: str
    mode: str
    form: Form
    without: tuple[str, ...]
    remark: str | None = None


@dataclass
class Draft:
    """What is known of one sender's files. has_manifest: a manifest lies beside them, and names them.

    notes: what somebody should know of the files, in Chinese.
    """

    system: str
    feed: str
    columns: list[Column]
    matched: Matched
    form: Form
    kinds: list[Kind]
    lines: int
    has_manifest: bool
    member: str | None = None
    ignored: tuple[str, ...] = ()
    has_absent_keys: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.matched.records[0].record.title


def text_of(draft: Draft) -> str:
    """The contract, with its open questions at the head."""
    return _Writer(draft).text()


def questions_of(draft: Draft) -> list[str]:
    """What only a person can answer, in Chinese."""
    writer = _Writer(draft)
    writer.text()
    return writer.questions


class _Writer:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.notes, self.questions = list(draft.notes), list[str]()
        self.main = draft.matched.records[0]
        if draft.matched.is_doubtful:
            others = "、".join(canonical_records()[name].title for name, _ in draft.matched.runners_up)
            self.questions.append(
                f"看不出是什么记录，暂作“{self.main.record.title}”（其次 {others}）：不是的话，请用 --record "
                "写明，重新起草。"
            )
        if numbered := _numbered(draft.columns):
            self.notes.append(
                f"{'、'.join(numbered)}：一行里有几个人或几件事，各占几列。每组在 records 中写一项，以 where 去掉空的"
                "（docs/mapping.zh.md#records）。"
            )
        for form, what in IN_ONE_CELL.items():
            if met := [column.header for column in draft.columns if _is_of_form(column, form)]:
                self.notes.append(f"{'、'.join(met)}：{what}。")
        self.names = self._names(draft.columns, None)
        self.item_names = {id(each): self._names(each.items, each) for each in draft.columns if each.is_list}
        self.key = self._key()

    def text(self) -> str:
        body = [*self._frame(), *self._properties(), *self._schedule(), *self._schema()]
        return "\n".join([*self._head(), *body]) + "\n"

    # Head -----------------------------------------------------------------------------------------

    def _head(self) -> Iterator[str]:
        yield f"# {self.draft.title}：由 minzheng contract draft 起草，看了 {self.draft.lines} 行。"
        yield "# 每项猜测之后是依据与把握（确定、较可能、存疑）；请逐项核对，写有“待填”处须由人填写。"
        others = "、".join(
            f"{canonical_records()[name].title} {score}" for name, score in self.draft.matched.runners_up
        )
        yield f"# 记录：{self.main.record.title} {self.main.score:.1f} 分；其次 {others}"
        for note in [*self.notes, *self.questions]:
            yield f"# ！{note}"

    def _frame(self) -> Iterator[str]:
        draft = self.draft
        name = f"{draft.system}.{draft.feed}"
        place = f"{draft.system}/{draft.feed}"
        if draft.has_manifest:
            place += f"/{{YYYYMMDD}}/{draft.feed}_{{YYYYMMDD}}_{{full|delta}}_{{nn}}.{draft.form.format}"
        yield from (
            "apiVersion: v3.2.0", "kind: DataContract", f"id: {name}", f"name: {draft.title}", "version: 1.0.0",
            "status: active", f"domain: {draft.system}", "description:", f"  purpose: {draft.title}",
            "team:", "  name: 待填  # 报送单位，整改单写给它", "", "servers:", "  - server: inbox", "    type: local",
            f"    path: {scalar(place)}", f"    format: {draft.form.format}", "",
        )  # fmt: skip

    def _properties(self) -> Iterator[str]:
        draft, form = self.draft, self.draft.form
        yield "customProperties:"
        yield _custom("system", draft.system)
        yield _custom("feed", draft.feed)
        if form.format not in ("xlsx", "xls", "ods", "parquet"):
            yield _custom("encoding", form.encoding)
        if form.delimiter is not None:
            yield _custom("delimiter", form.delimiter)
        if form.trailing_delimiter:
            yield _custom("trailingDelimiter", True)
        if form.sheet is not None:
            yield _custom("sheet", form.sheet) + "  # 第几张表，也可写表名"
        if form.format == "fixed":
            yield _custom("widthUnit", form.width_unit)
            yield _custom("lineLength", form.line_length)
        if draft.has_manifest or not draft.kinds:
            yield from self._layout(form, "  - {property: %s, value: %s}")
        if form.list_at is not None:
            yield _custom("listAt", form.list_at)
        if draft.has_absent_keys:
            yield _custom("absentKeys", "empty")
        if draft.member is not None:
            ignored = ", ".join(scalar(name) for name in draft.ignored)
            yield f"  - property: archive\n    value: {{member: {scalar(draft.member)}, ignored: [{ignored}]}}"
        if not draft.has_manifest:
            yield from self._files()
        yield from self._line_words()
        yield "  - property: records\n    value:"
        for match in draft.matched.records:
            yield from self._binding(match)
        yield ""

    @staticmethod
    def _layout(form: Form, shape: str) -> Iterator[str]:
        if form.header_lines > 1:
            first = form.header_line - form.header_lines + 1
            yield shape % ("headerLine", [*range(first, form.header_line + 1)])
        elif form.header_line != (1 if form.format in ("csv", "txt", "xlsx", "xls", "ods") else 0):
            yield shape % ("headerLine", form.header_line)
        if form.total_lines:
            entries = [
                f"{{startsWith: {scalar(total.starts_with)}"
                + (f", countField: {total.count_field}" if total.count_field else "")
                + (", anywhere: true" if total.is_anywhere else "")
                + "}"
                for total in form.total_lines
            ]
            yield shape % ("totalLine", entries[0] if len(entries) == 1 else f"[{', '.join(entries)}]")

    def _files(self) -> Iterator[str]:
        yield "  - property: files\n    value:"
        for kind in self.draft.kinds:
            remark = f"  # {kind.remark}" if kind.remark else ""
            yield f"      - pattern: {scalar(kind.pattern)}"
            yield f"        mode: {kind.mode}{remark}"
            yield from self._layout(kind.form, "        %s: %s")
            names = [self.names[id(c)] for c in self.draft.columns if c.header in kind.without]
            if names:
                yield f"        without: [{', '.join(names)}]"

    def _line_words(self) -> Iterator[str]:
        line = self.draft.matched.line
        if (guess := line.get(OPERATION)) is not None:
            known = {word: which for which, words in letters().items() for word in words}
            said: dict[str, list[str]] = {"insert": [], "change": [], "revoke": []}
            strange: list[str] = []
            for own, lines in guess.column.counts.most_common():
                which = known.get(normal(own))
                (said[which] if which else strange).append(own if which else f"{scalar(own)} {lines} 行")
            words = ", ".join(f"{word}: [{', '.join(map(scalar, own))}]" for word, own in said.items())
            yield f"  - property: operation  # {_why(guess)}"
            yield f"    value: {{column: {NAMES_OF_THE_LINE[OPERATION]}, {words}}}"
            if strange and not guess.column.is_personal:
                yield f"    # 不知何意，未列入的整行退回：{'、'.join(strange)}"
        order = [kind for kind in (VERSION, UPDATED_AT) if kind in line]
        if order:
            yield f"  - property: order  # {_why(line[order[0]])}"
            yield f"    value: [{', '.join(NAMES_OF_THE_LINE[kind] for kind in order)}]"

    def _schedule(self) -> Iterator[str]:
        yield from (
            "slaProperties:", "  - {property: schedule, value: '0 3 * * *', unit: cron}  # 待填：何时接收", "",
        )  # fmt: skip

    # Bindings -------------------------------------------------------------------------------------

    def _binding(self, match: Match) -> Iterator[str]:
        record = match.record
        yield f"      - record: {record.name}  # {record.title}"
        if match.each is not None:
            yield f"        each: {self.names[id(match.each)]}"
        if any(column.is_numbered and column.name in match.guesses for column in record.columns):
            yield f"        # numbering: {self.draft.feed}  # 编号只在该系统内唯一、另有系统送同类记录时写明"
        mapped: list[str] = []
        not_sent: list[RecordColumn] = []
        unknown: list[RecordColumn] = []
        for described in record.columns:
            guess = match.guesses.get(described.name)
            lines = list(self._value(match, described, guess))
            if lines:
                mapped += lines
            elif guess is None and self._comes_from_the_line(match, described):
                mapped.append(f"          {described.name}: {described.name}  # 取自本行；存疑")
            elif guess is None:
                (unknown if described.is_required else not_sent).append(described)
        if mapped:
            yield "        map:"
            yield from mapped
        if not_sent:
            yield f"        not_sent: [{', '.join(column.name for column in not_sent)}]"
            yield from (
                f"          # {column.name}：{column.title}"
                + (f"；不送则 {'、'.join(column.loses)} 无法判断" if column.loses else "")
                for column in not_sent
            )
        for column in unknown:
            question = (
                f"{record.title}的“{column.title}”（{column.name}）必填，文件中没有认出；请在 map 中写明。"
            )
            self.questions.append(question)
            yield f"        # 待填 {column.name}：{column.title}，必填而没有认出"

    def _comes_from_the_line(self, match: Match, described: RecordColumn) -> bool:
        if match.each is None or described.name not in self.main.guesses:
            return False
        return (
            described.is_required or described.name in match.record.key or described.name == "division_code"
        )

    def _value(self, match: Match, described: RecordColumn, guess: Guess | None) -> Iterator[str]:
        """Lines of the map; none where the column of the same name is meant, or nothing is known."""
        name = described.name
        if guess is None:
            yield from self._derived(match, described)
            return
        kind, _ = type_of(described, guess.column)
        if kind == "month" and described.type in ("date", "end_date"):
            end = described.type == "end_date" or "until" in name
            yield f"          {name}: {{{'last_of_month' if end else 'first_of_month'}: {name}}}  # 值是月份；存疑"
        elif kind == "date" and described.type == "month":
            yield f"          {name}: {{month_of: {name}}}  # 值是日期，取其月份"
        elif described.codes and guess.column.is_code_list:
            yield from self._codes(match, described, guess.column)

    def _codes(self, match: Match, described: RecordColumn, column: Column) -> Iterator[str]:
        own = [(value, lines) for value, lines in column.counts.most_common() if value not in described.codes]
        if not own:
            return
        yield f"          {described.name}:"
        yield f"            column: {described.name}"
        yield f"            codes:  # 可为：{'、'.join(described.codes)}"
        hidden = 0
        for value, lines in column.counts.most_common():
            code, is_sure = code_of(match.record, described, value)
            if code is None and column.is_personal:
                hidden += 1
            elif code is None:
                yield f"              {quoted(value)}: null  # {lines} 行，待填"
            else:
                yield f"              {quoted(value)}: {scalar(code)}  # {lines} 行{'' if is_sure else '，存疑'}"
        if any(code_of(match.record, described, value)[0] is None for value in column.counts):
            self.questions.append(
                f"{column.header} 的代码不知何意：请在 {match.record.name}.{described.name} 的 codes 中写明，"
                "待填的代码暂作空值。"
            )
        if hidden:
            yield f"              # 另有 {hidden} 种取值未列出"

    def _derived(self, match: Match, described: RecordColumn) -> Iterator[str]:
        name, guesses = described.name, match.guesses
        cut = cuts(match.record.name).get(name)
        if cut and cut["column"] in guesses and guesses[cut["column"]].column.share("id_prefix") >= 0.5:
            yield (
                f"          {name}: {{split: {{column: {cut['column']}, from: {cut['from']}, "
                f"length: {cut['length']}}}}}  # 编号内含；较可能"
            )
            return
        if described.type == "month":
            stem = name.removesuffix("_month")
            day = next((other for other in guesses if other.removesuffix("_on") == stem), None)
            if day is not None and type_of(match.record.column(day), guesses[day].column)[0] == "date":
                title = match.record.column(day).title
                yield f"          {name}: {{month_of: {day}}}  # 没有这一列，取 {title} 的月份；较可能"
            return
        if not described.is_required:
            return
        if described.codes and described.type == "code":
            question = f"没有“{described.title}”一列，暂作 {described.codes[0]}：请改为正确的代码。"
            self.questions.append(question)
            may_be = "、".join(described.codes)
            yield f"          {name}: {{constant: {scalar(described.codes[0])}}}  # 存疑；可为：{may_be}"
        elif described.type == "text":
            self.questions.append(f"没有“{described.title}”一列，请写明它的值。")
            yield f"          {name}: {{constant: {OPEN}}}  # 没有这一列"
        elif described.type == "identifier" and match.record.key == (name,):
            parts = [
                other.name
                for other in match.record.columns
                if other.name in guesses and other.type in ("id_number", "month", "date")
            ]
            if parts:
                joined = f"{{join: {{columns: [{', '.join(parts)}], by: '-'}}}}"
                yield f"          {name}: {joined}  # 没有编号，由各列合成；存疑"

    # Schema ---------------------------------------------------------------------------------------

    def _schema(self) -> Iterator[str]:
        yield from (
            "schema:", f"  - name: {self.draft.feed}", f"    businessName: {self.draft.title}",
            "    logicalType: object", "    physicalType: table", "    properties:",
        )  # fmt: skip
        for column in self.draft.columns:
            yield from self._column(column, None, " " * 6)

    def _column(self, column: Column, each: Column | None, margin: str) -> Iterator[str]:
        guess = self.draft.matched.target_of(column, each)
        described = self._described(guess, column, each)
        names = self.names if each is None else self.item_names[id(each)]
        name = names[id(column)]
        if column.is_list:
            found = next((m for m in self.draft.matched.records if m.each is column), None)
            yield f"{margin}# 列表{'：' + found.record.title + '，较可能' if found else '：未认出，不用；存疑'}"
        elif guess is None:
            yield f"{margin}# 未认出，不用；存疑"
        else:
            title = described.title if described else "不是记录的列"
            yield f"{margin}# {title}：{_why(guess)}"
        if (told := _told(column, described)) is not None:
            yield f"{margin}# 取值：{told}"
        if described and described.type in ("date", "end_date") and (words := _words_for_days(column)):
            yield f"{margin}# 不写日期的：{words}；读不出的整行拒收，要当作空值就写 whenUnreadable: keep"
        if described and described.unit and in_brackets(column.header) not in UNITS[described.unit]:
            yield f"{margin}# 没有写明单位，按{described.unit}；存疑"
        kind, unit = type_of(described, column) if described else self._guessed_type(guess, column)
        if kind == "yuan" and not re.search("元|YUAN", column.header.upper()):
            yield f"{margin}# 没有写明单位，按元（不是万元、分）；存疑"
        if kind in ("wan_yuan", "fen") and not amount_kind(column.header)[1]:
            yield f"{margin}# 单位按列名末尾作{unit}；存疑"
        key_place = self.key.index(name) + 1 if each is None and name in self.key else None
        yield f"{margin}- name: {name}"
        yield f"{margin}  physicalName: {scalar(column.header)}"
        title = described.title if described and column.header.isascii() else column.header
        yield f"{margin}  businessName: {scalar(title)}"
        yield f"{margin}  logicalType: {_LOGICAL.get(kind, 'string')}"
        if key_place:
            yield f"{margin}  primaryKey: true\n{margin}  primaryKeyPosition: {key_place}"
            if not column.blanks:
                yield f"{margin}  required: true"
        yield f"{margin}  classification: {_sensitivity(described, column)}"
        if column.is_list:
            yield f"{margin}  items:\n{margin}    logicalType: object\n{margin}    properties:"
            for item in column.items:
                yield from self._column(item, column, margin + " " * 6)
            return
        custom: list[tuple[str, Any]] = []
        if kind in _CUSTOM:
            custom.append(("type", kind))
        if unit:
            custom.append(("unit", unit))
        if kind == "end_date" or (
            kind in ("yuan", "wan_yuan", "fen", "date") and described and described.is_required
        ):
            custom.append(("whenUnreadable", "reject"))
        if key_place and column.blanks and (other := self._key_else(name)):
            custom.append(("keyElse", other))
        if custom or column.position:
            yield f"{margin}  customProperties:"
            yield from (f"{margin}  {_custom(word, value)}" for word, value in custom)
            if column.position:
                start, length = column.position
                yield f"{margin}    - {{property: position, value: {{start: {start}, length: {length}}}}}"

    def _described(self, guess: Guess | None, column: Column, each: Column | None) -> RecordColumn | None:
        if guess is None:
            return None
        for match in self.draft.matched.records:
            if match.each is each and match.guesses.get(guess.target) is guess:
                return match.record.column(guess.target)
        return None

    @staticmethod
    def _guessed_type(guess: Guess | None, column: Column) -> tuple[str, str | None]:
        """Of a column that is none of a record."""
        if column.is_list:
            return "nested", None
        if guess is not None and guess.target in (VERSION, SEQUENCE):
            return "number", None
        if guess is not None and guess.target == UPDATED_AT:
            return "instant", None
        if guess is not None:
            return "text", None
        if column.share("id_number") >= 0.5:
            return "id_number", None
        if column.share("name") >= 0.6 and not column.comes_again:
            return "name", None
        if column.share("day") >= 0.9 and column.share("date") >= 0.9:
            return "date", None
        return "text", None

    def _names(self, columns: Sequence[Column], each: Column | None) -> dict[int, str]:
        """English names: that of the record's column, else pinyin; each once, and none by accident a record's."""
        reserved = {c.name for match in self.draft.matched.records for c in match.record.columns}
        names: dict[int, str] = {}
        guesses = {id(c): self.draft.matched.target_of(c, each) for c in columns}
        for column in columns:
            if (guess := guesses[id(column)]) is not None:
                is_of_line = each is None and guess is self.draft.matched.line.get(guess.target)
                names[id(column)] = NAMES_OF_THE_LINE[guess.target] if is_of_line else guess.target
        for column in columns:
            if id(column) in names:
                continue
            stem = "_".join(lazy_pinyin(column.header.rpartition(".")[2])).lower()
            stem = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")[:40] or "column"
            if not stem[0].isalpha():
                stem = f"column_{stem}"
            if column.position:
                stem = f"field_{column.position[0]}"
            name, number = stem, 2
            while name in names.values() or name in reserved:
                name, number = f"{stem}_{number}", number + 1
            names[id(column)] = name
        return names

    def _key(self) -> list[str]:
        """Names of the key: what of the record's key stands in the file, else what is different in each line."""
        found = [self.main.guesses[name].column for name in self.main.record.key if name in self.main.guesses]
        if found and any(not column.blanks for column in found):
            unique = [column for column in found if column.is_unique]
            if unique and any(column.blanks for column in found):
                found = unique[:1]
        told_apart = len(set(zip(*(column.of_one_file for column in found), strict=False)))
        if not found or told_apart < 0.5 * len(found[0].of_one_file):
            found = [column for column in self.draft.columns if column.is_unique][:1] or found
        if not found:
            self.questions.append("没有认出业务主键：请为合起来各行不同的列写 primaryKey。")
            found = [column for column in self.draft.columns if not column.is_list][:1]
        lines = list(zip(*(column.of_one_file for column in found), strict=False))
        if repeated := len(lines) - len(set(lines)):
            self.notes.append(
                f"主键 {'、'.join(column.header for column in found)}：{len(lines)} 行中 {repeated} 行与前面的行同键"
                "（同键的行互为版本，后到者为准）。"
            )
        return [self.names[id(column)] for column in found]

    def _key_else(self, name: str) -> str | None:
        """The name of the person whose number it is stands for a number that is not there."""
        other = name.replace("id_number", "name")
        return other if other != name and other in self.main.guesses else None


_LOGICAL = {
    "date": "date", "end_date": "date", "month": "date", "instant": "timestamp", "yuan": "number", "number": "number",
    "wan_yuan": "number", "fen": "number", "share": "number", "nested": "array",
}  # fmt: skip
_CUSTOM = (
    "id_number",
    "name",
    "identifier",
    "account",
    "division",
    "end_date",
    "month",
    "yuan",
    "wan_yuan",
    "fen",
    "share",
)


def type_of(described: RecordColumn, column: Column) -> tuple[str, str | None]:
    """Type and unit of a column of the file that is one of a record, as its values are written."""
    is_month = column.share("year_month") >= 0.6 and column.share("day") < 0.5
    match described.type:
        case "date" | "end_date" if is_month:
            return "month", None
        case "month" if column.filled and not is_month and column.share("day") >= 0.5:
            return "date", None
        case "yuan":
            kind, _ = amount_kind(column.header)
            return kind, AMOUNT_UNITS[kind][0]
        case "number" if described.unit:
            said = in_brackets(column.header)
            return "number", said if said in UNITS[described.unit] else described.unit
        case "code":
            return "text", None
    return described.type, None


def amount_kind(header: str) -> tuple[str, bool]:
    """Type of an amount by its header, and whether brackets say so."""
    said = in_brackets(header)
    for forms, text in ((IN_BRACKETS, said), (AT_THE_END, header)):
        for kind, form in forms.items():
            if text and form.fullmatch(text):
                return kind, text is said
    return "yuan", "元" in said


def _sensitivity(described: RecordColumn | None, column: Column) -> str:
    if column.is_list:
        return "identity"
    if described is not None:
        return described.sensitivity
    for kind, sensitivity in (
        ("id_number", "identity"),
        ("id_prefix", "identity"),
        ("phone", "contact"),
        ("name", "name"),
        ("address", "address"),
    ):
        if column.share(kind) >= 0.3:
            return sensitivity
    return "account" if column.share("account") >= 0.5 and column.share("card") >= 0.5 else "none"


def _told(column: Column, described: RecordColumn | None) -> str | None:
    """The codes of a column with their counts, where they are nobody's and stand nowhere else in the draft."""
    if described is not None and (described.codes or described.type not in ("code", "text")):
        return None
    if not column.is_code_list or column.is_personal or not (column.comes_again or described):
        return None
    if described is not None and described.sensitivity in ("name", "address", "contact", "identity"):
        return None
    return "、".join(f"{value} {lines}" for value, lines in column.counts.most_common())


def _numbered(columns: Sequence[Column]) -> list[str]:
    """The first headers of columns that come again with the next number, as 成员1姓名, 成员1证件号, 成员2姓名 do, or
    with the next month."""
    groups: dict[str, list[str]] = {}
    for column in columns:
        if _MONTH.fullmatch(spoken(column.header)):
            groups.setdefault("月", []).append(column.header)
        elif (numbered := _NUMBER_INSIDE.fullmatch(spoken(column.header))) is not None:
            groups.setdefault(f"{numbered[1]}#{numbered[3]}", []).append(column.header)
    return [headers[0] for headers in groups.values() if len(headers) > 1]


def _is_of_form(column: Column, form: re.Pattern[str]) -> bool:
    """Whether half of its values are, and are no numbers of people themselves."""
    met = sum(lines for value, lines in column.counts.items() if form.fullmatch(value))
    return 2 * met >= max(1, column.filled) and column.share("id_number") < 0.3


def _words_for_days(column: Column) -> str:
    """What stands again and again where a day is meant (在院, 长期), with its lines: words, and nobody's."""
    words = {
        value: lines
        for value, lines in column.counts.most_common()
        if lines > 1 and len(value) <= LONGEST_WORD and not re.search(r"[\d年月日]", value)
    }
    return "、".join(f"{value} {lines}" for value, lines in words.items()) if len(words) <= MOST_WORDS else ""


def _why(guess: Guess) -> str:
    return f"{'，'.join(guess.reasons)}；{guess.how_sure}"


def _custom(word: str, value: Any) -> str:
    return f"  - {{property: {word}, value: {scalar(value)}}}"


def scalar(value: Any) -> str:
    """A value as YAML, in quotes where it would be read otherwise."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and not _NO_TEXT.fullmatch(text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):
        return '"' + "".join(f"\\x{ord(c):02x}" if ord(c) < 32 or ord(c) == 127 else c for c in text) + '"'
    return "'" + text.replace("'", "''") + "'"
