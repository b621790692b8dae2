"""Chinese titles of the codes of households and their means, on paper and on the desk alike.

Those that analysts read beside the codes stand in the seed of codes.
"""

from warehouse.seeds import code_titles

CODES = "codes/code_value"
KINDS_ZH = code_titles(CODES, "household_kind")
RELATIONS_ZH = {**code_titles(CODES, "legal_relation"), "02": "户主", "10": "配偶", "20": "子", "30": "女"}
CATEGORIES_ZH = code_titles(CODES, "means_category")
TESTS_ZH = {
    "vehicle": "单辆机动车评估价（元）", "dwelling": "住房套数", "company": "在营企业数",
    "share_capital": "认缴出资（元）", "deposit": "存款与有价证券（元）",
}  # fmt: skip
COUNTED_TESTS = ("dwelling", "company")  # the others are amounts of money
OUTCOMES_ZH = code_titles(CODES, "means_outcome")
STANDARDS_ZH = code_titles(CODES, "standard")
DIFFERENCES_ZH = {
    "undeclared_spouse": "配偶未申报", "undeclared_child": "子女未申报", "undeclared_parent": "父母未申报",
    "undeclared_book_member": "同户成员未申报", "registered_elsewhere": "户口在别户",
    "member_outside_family": "非法定家庭成员、户口在别户", "unregistered_member": "无本地户口",
    "deceased_member": "成员已故", "unresolved_member": "身份未确定",
}  # fmt: skip
