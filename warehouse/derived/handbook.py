"""The rule handbook `docs/rules.md`, in Chinese and English, from catalogue, parameters and unit tests."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType

from ingestion.yaml_file import parse_yaml
from warehouse.database.settings import PROJECT_ROOT
from warehouse.derived.rule_union import model_of
from warehouse.seeds import seed

TARGET = PROJECT_ROOT / "docs" / "rules.md"
RULES = PROJECT_ROOT / "dbt_project" / "models" / "rules"
COUNTRY = "000000"
SUBJECTS = {
    "resident": "居民 resident",
    "aid_household": "救助家庭 aid household",
    "registered_household": "登记户（以户主为代表）registered household",
    "case": "业务 case",
}
SEVERITIES = {"red": "红色（法规不允许）red: excluded by law", "yellow": "黄色（须核实）yellow: needs a look"}
HEAD = """# 规则手册 Rule handbook

疑点只是线索，须由人核实，不是决定。本页由规则目录、参数与单元测试生成（`minzheng sync`），不要手工修改。
A finding is a lead for a person, never a decision. This page is generated (`minzheng sync`); do not edit it.

三种结果：hit 命中，clear 未命中，not_assessable 无法判断（数据缺失、过期或身份未确定，不等于没有问题）。
Three outcomes; what is missing, stale or unresolved is not assessable, which is not the same as clear.
"""


def handbook(
    rows: Iterable[Mapping[str, str]],
    own_rules: Iterable[Mapping[str, str]] = (),
    own_files: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The page: a list, what holds for all rules, and a section per rule in the order of the codes.

    rows: of the seed ``rule_parameter``, as the bureau uses it: all that ever held, by division, with their
    validity. own_rules, own_files: what the bureau's own rules bring with them, rows of the catalogue and texts of
    models and property files by name. The last word of each rule is what its unit tests prove, in the tests' own
    words.
    """
    rules = sorted([*seed("rules/anomaly_rule"), *own_rules], key=lambda rule: rule["rule_code"])
    parameters: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        parameters[row["rule_code"]].append(row)
    program = [*RULES.glob("[a-z]??_*.sql"), *RULES.glob("_?_rules.yml")]
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(program)} | dict(own_files)
    proofs = _proofs(files)
    sections = [HEAD, "## 目录 Rules\n\n" + _index(rules)]
    sections.append("## 通用参数 Parameters of all rules\n\n" + _parameters(parameters["*"]))
    for rule in rules:
        model = model_of(rule)
        english = _english(files[f"{model}.sql"])
        sections.append(_section(rule, english, parameters[rule["rule_code"]], proofs[model]))
    return "\n".join(sections)


def _proofs(files: Mapping[str, str]) -> dict[str, dict[str, list[str]]]:
    """By model: what its unit tests show to be a hit, a near miss, not assessable, or told apart from these.

    A test in which somebody is not assessable beside others is none of the three: what it names may be
    either. Lines of nobody (`subject_resident_id: null`) say nothing beside others.
    """
    proofs: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    pages = (parse_yaml(text, Path(name)) for name, text in files.items() if name.endswith(".yml"))
    for test in (test for page in pages for test in page.get("unit_tests") or []):
        rows = test["expect"]["rows"]
        outcomes = {row["outcome"] for row in rows if not _is_of_nobody(row)} or {"not_assessable"}
        if "not_assessable" in outcomes and len(outcomes) > 1:
            kind = "several"
        else:
            kind = next(kind for kind in ("hit", "clear", "not_assessable") if kind in outcomes)
        proofs[test["model"]][kind].append(test["name"].partition("__")[2].replace("_", " "))
    return proofs


def _is_of_nobody(row: dict[str, str | None]) -> bool:
    return row["outcome"] == "not_assessable" and row.get("subject_resident_id", "") is None


def _english(model: str) -> str:
    """What the rule asserts in English: the comment its SQL begins with."""
    comment = " ".join(
        line.removeprefix("--").strip()
        for line in takewhile(lambda line: line.startswith("--"), model.splitlines())
    )
    return comment.partition(": ")[2]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines) + "\n"


def _index(rules: list[Mapping[str, str]]) -> str:
    rows = [
        [
            f"[{r['rule_code']}](#{r['rule_code'].lower()})",
            r["title_zh"],
            r["title_en"],
            r["severity"],
            r["owner_zh"],
        ]
        for r in rules
    ]
    return _table(["规则", "名称", "Title", "级别", "负责"], rows)


def _parameters(rows: list[Mapping[str, str]]) -> str:
    cells = [
        [
            r["parameter"], "全国" if r["division_code"] == COUNTRY else r["division_code"], r["value"], r["unit"],
            r["valid_from"], r["valid_to"] or "至今", r["source"], r["note"],
        ]
        for r in rows
    ]  # fmt: skip
    return _table(["参数", "区划", "值", "单位", "起", "止（不含）", "依据", "说明"], cells)


def _section(
    rule: Mapping[str, str], english: str, parameters: list[Mapping[str, str]], proofs: dict[str, list[str]]
) -> str:
    softened = rule["softened_by"]
    facts = {
        "断言": rule["assertion_zh"],
        "Asserts": english,
        "理由 Why": rule["rationale_zh"],
        "对象 Subject": SUBJECTS[rule["subject"]],
        "级别 Severity": SEVERITIES[rule["severity"]]
        + (f"；同一居民有未消除的 {softened} 时为黄色 yellow while {softened} stands" if softened else ""),
        "依据 Legal basis": rule["legal_basis"],
        "可能的误判 False positives": rule["false_positives_zh"],
        "如何消除 Clears it": rule["clears_it_zh"],
        "负责 Owner": rule["owner_zh"],
        "状态 Status": rule["status"],
    }
    proven = {
        "命中 Hits (tested)": proofs["hit"],
        "近似而不命中 Near misses (tested)": proofs["clear"],
        "无法判断 Not assessable (tested)": proofs["not_assessable"],
        "各有结果 Told apart, several outcomes (tested)": proofs["several"],
    }
    lines = [f'<a id="{rule["rule_code"].lower()}"></a>']
    lines += [f"## {rule['rule_code']} {rule['title_zh']} {rule['title_en']}", ""]
    lines += [f"- **{title}**：{text}" for title, text in facts.items()]
    lines += [f"- **{title}**：{'；'.join(names)}" for title, names in proven.items() if names]
    text = "\n".join(lines) + "\n"
    return text + ("\n" + _parameters(parameters) if parameters else "")
