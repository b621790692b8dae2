"""Titles of what a household has and is measured by, wherever it is told."""

CATEGORIES_ZH = {
    "wage": "工资（缴费基数）", "business": "经营净收入", "property": "财产净收入", "pension": "养老待遇",
    "transfer": "其他转移收入", "declared": "申报收入", "assistance": "救助与津贴", "employment_cost": "就业成本",
    "vehicle": "机动车", "dwelling": "住房", "other_real_estate": "其他不动产", "company_role": "企业任职与出资",
    "deposit": "存款", "security": "证券与理财", "insurance_policy": "保单", "machinery": "机械与船舶",
    "other": "其他财产",
}  # fmt: skip
STANDARDS_ZH = {"DB_URBAN": "城市低保标准", "DB_RURAL": "农村低保标准"}
