"""Chinese titles of the codes of households and their means, on paper and on the desk alike."""

KINDS_ZH = {"aid": "救助家庭（申报）", "registered": "登记户（户口簿）", "legal": "法定家庭"}
RELATIONS_ZH = {
    "self": "本人", "spouse": "配偶", "minor_child": "未成年子女", "dependent_child": "不能独立生活的成年子女",
    "02": "户主", "10": "配偶", "20": "子", "30": "女",
}  # fmt: skip
CATEGORIES_ZH = {
    "wage": "工资（缴费基数）", "business": "经营净收入", "property": "财产净收入", "pension": "养老待遇",
    "transfer": "其他转移收入", "declared": "申报收入", "assistance": "救助与津贴", "employment_cost": "就业成本",
    "vehicle": "机动车", "dwelling": "住房", "other_real_estate": "其他不动产", "company_role": "企业任职与出资",
    "deposit": "存款", "security": "证券与理财", "insurance_policy": "保单", "machinery": "机械与船舶",
    "other": "其他财产",
}  # fmt: skip
TESTS_ZH = {
    "vehicle": "单辆机动车评估价（元）", "dwelling": "住房套数", "company": "在营企业数",
    "share_capital": "认缴出资（元）", "deposit": "存款与有价证券（元）",
}  # fmt: skip
COUNTED_TESTS = ("dwelling", "company")  # the others are amounts of money
OUTCOMES_ZH = {"above": "超过", "within": "在限内", "not_assessable": "不能判断"}
STANDARDS_ZH = {"DB_URBAN": "城市低保标准", "DB_RURAL": "农村低保标准"}
DIFFERENCES_ZH = {
    "undeclared_spouse": "配偶未申报", "undeclared_child": "子女未申报", "undeclared_parent": "父母未申报",
    "undeclared_book_member": "同户成员未申报", "registered_elsewhere": "户口在别户",
    "member_outside_family": "非法定家庭成员、户口在别户", "unregistered_member": "无本地户口",
    "deceased_member": "成员已故", "unresolved_member": "身份未确定",
}  # fmt: skip
