"""What kind of fault a contract or another file of a bureau has, in Chinese: what a person reads before the sentence
with its place and remedy."""

import re

# The first that is found in the sentence; the last is any other.
KINDS_ZH: tuple[tuple[str, str], ...] = (
    (r"comes from nowhere|is not_sent, and no", "必须对应的列没有来源，请在 map 中写明"),
    (r"Did you mean|Known: |is no word|\(Open Data Contract Standard", "没有这个词或名称"),
    (
        r"twice|stands for two|is mapped and not_sent|already described|fills the same record|can be both"
        r"|stands in |Make one of them narrower|follow one another|is another than|is not that of",
        "重复，或与另一处不一致",
    ),
    (
        r"is no (column|list|code|unit|number|regular|folder|division)|becomes no code|is a column itself"
        r"|names a column"
        r"|is of type|no column of the contract|in the schema|give none of|has items\.properties|is part of the key"
        r"|minimum and maximum|name or type is none|stands before other fields|in quotes|into quotes",
        "与列、类型、单位或代码不符",
    ),
    (
        r"says nothing of|Take (it|this) out|goes with|go together|belong together|has no header line|counted in"
        r"|needs the list|only a text|a full in parts|more than|would order|is told no limit|is not asked to check"
        r"|belongs into|nobody states|lies with a manifest|is written as|Keep one|outside",
        "此处不能这样写，或须与另一词同写",
    ),
    (
        r"is missing|must be named|says no date|half a date|cannot be read|No contract found|left open|must part them",
        "缺少内容，或名称不合",
    ),
    (
        r"expected|Input should be|not readable as|[Ww]rite|[Nn]ame |say where|takes |must count|percent is",
        "写法不合，应如后文所示",
    ),
)
OTHER_ZH = "写法有误"


def kind_zh(problem: str) -> str:
    """problem: the sentence of a ContractError, or its part behind the place."""
    return next((words for pattern, words in KINDS_ZH if re.search(pattern, problem)), OTHER_ZH)
