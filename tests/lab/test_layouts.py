"""The files keep to the given interface: names, encodings, headers, manifests."""

import hashlib
import json
import re
from decimal import Decimal

import pytest
from delivery_tree import Tree, read_lines

# As given in feeds/README.md and its sample: system, format, encoding, line end, header.
LAYOUTS = {
    "population": (
        "register",
        "csv",
        "utf-8",
        "\n",
        (
            "户号,公民身份号码,姓名,性别,民族,出生日期,与户主关系,户籍地址,"
            "行政区划代码,户口性质,变动类型,变动日期"
        ),
    ),
    "marriage_event": (
        "marriage",
        "csv",
        "gb18030",
        "\r\n",
        (
            "业务编号,业务类型,登记日期,登记机关代码,证书字号,男方姓名,"
            "男方身份证件号,男方出生日期,女方姓名,女方身份证件号,女方出生日期,原证书字号,操作,更新时间"
        ),
    ),
    "cremation": (
        "funeral",
        "xlsx",
        "utf-8",
        "",
        (
            "火化编号,逝者姓名,逝者身份证号,性别,死亡日期,火化日期,死亡证明编号,"
            "逝者户籍区划,殡仪馆代码,承办人姓名,承办人身份证号,与逝者关系,惠民减免金额,操作"
        ),
    ),
    "aid_household": (
        "assistance",
        "jsonl",
        "utf-8",
        "\n",
        (
            "家庭编号,救助类别,城乡,申请日期,批准日期,停保日期,状态,"
            "行政区划代码,申请人婚姻状况,家庭月收入,月保障金额,银行账号,授权书编号,授权起,授权止,家庭成员,操作,更新时间"
        ),
    ),
    "entitlement": (
        "assistance",
        "csv",
        "gb18030",
        "\r\n",
        "待遇编号,待遇类别,姓名,身份证号,行政区划代码,起始日期,终止日期,银行账号,操作",
    ),
    "payment": (
        "assistance",
        "csv",
        "gb18030",
        "\r\n",
        (
            "支付流水号,业务编号,待遇类别,发放月份,所属月份,领款人姓名,"
            "领款人身份证号,金额,银行账号,发放日期,发放状态,行政区划代码"
        ),
    ),
    "temporary_aid": (
        "assistance",
        "csv",
        "gb18030",
        "\r\n",
        "救助编号,救助类型,姓名,身份证号,申请日期,发放日期,金额,事由,行政区划代码",
    ),
    "stay": (
        "eldercare",
        "csv",
        "utf-8-sig",
        "\n",
        "入住编号,机构代码,床位编码,姓名,身份证号,性别,入住日期,离院日期,能力等级,费用来源,操作",
    ),
    "disability_card": (
        "shared",
        "csv",
        "utf-8",
        "\n",
        "残疾人证号,姓名,残疾类别,残疾等级,签发日期,有效期至,状态",
    ),
    "social_insurance": (
        "shared",
        "txt",
        "utf-8",
        "\n",
        "身份证号|姓名|险种|状态|月缴费基数|月待遇|单位名称|所属月份|财政供养",
    ),
    "vehicle": (
        "shared",
        "csv",
        "gb18030",
        "\r\n",
        "号牌号码,车辆类型,使用性质,初次登记日期,评估价(万元),车主姓名,车主身份证号,状态",
    ),
    "real_estate": (
        "shared",
        "xlsx",
        "utf-8",
        "",
        "不动产单元号,权利人,证件号,共有情况,份额,面积(平方米),用途,坐落,登记日期,状态",
    ),
    "company": (
        "shared",
        "jsonl",
        "utf-8",
        "\n",
        "统一社会信用代码,名称,类型,注册资本万元,登记状态,成立日期,人员",
    ),
}
MANIFEST_KEYS = [
    "system",
    "feed",
    "delivery_id",
    "mode",
    "business_date",
    "file",
    "format",
    "encoding",
    "rows",
    "sha256",
    "layout_version",
]
DAILY = {"population", "marriage_event", "cremation", "aid_household", "entitlement", "payment", "stay"}


@pytest.mark.parametrize("feed", LAYOUTS)
def test_files_follow_the_layout(tree: Tree, feed: str) -> None:
    system, file_format, encoding, newline, header = LAYOUTS[feed]
    for folder, manifest in tree.deliveries(feed):
        content = (folder / manifest["file"]).read_bytes()
        assert (manifest["system"], manifest["format"], manifest["encoding"]) == (
            system,
            file_format,
            encoding,
        )
        if file_format in ("csv", "txt"):
            assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
            text = content.decode(encoding)
            assert text.split(newline)[0] == header
            assert text.endswith(newline)
            assert ("\r" in text) == (newline == "\r\n")
    for row in tree.rows(feed):
        assert list(row.cells) == re.split(r"[,|]", header)


def test_manifests_agree_with_their_files(tree: Tree) -> None:
    seen = set()
    for folder, manifest in tree.manifests():
        data = folder / manifest["file"]
        keys = MANIFEST_KEYS + (["amount_total_yuan"] if manifest["feed"] == "payment" else [])
        assert list(manifest) == keys
        assert manifest["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
        assert manifest["rows"] == sum(1 for _ in read_lines(data, manifest))
        assert manifest["business_date"].replace("-", "") == folder.name
        expected = f"{manifest['feed']}_{folder.name}_{manifest['mode']}_01"
        assert manifest["delivery_id"] == expected
        assert data.name == f"{expected}.{manifest['format']}"
        assert data.stat().st_mtime_ns <= (folder / "manifest.json").stat().st_mtime_ns
        seen.add(manifest["delivery_id"])
    assert len(seen) == sum(1 for _ in tree.manifests())


def test_every_feed_is_full_once_and_seven_have_deltas(tree: Tree) -> None:
    modes: dict[str, list[str]] = {}
    for _, manifest in tree.manifests():
        modes.setdefault(manifest["feed"], []).append(manifest["mode"])
    assert modes == {feed: ["full"] + ["delta"] * (5 if feed in DAILY else 0) for feed in LAYOUTS}


def test_control_totals(tree: Tree) -> None:
    for folder, manifest in tree.deliveries("payment"):
        total = sum(Decimal(cells["金额"]) for _, cells in read_lines(folder / manifest["file"], manifest))
        assert manifest["amount_total_yuan"] == f"{total:.2f}"


def test_nested_records(tree: Tree) -> None:
    for row in tree.rows("aid_household"):
        for member in row.cells["家庭成员"]:
            assert list(member) == [
                "姓名",
                "身份证号",
                "与申请人关系",
                "是否保障对象",
                "申报月收入",
                "联系电话",
            ]
    for row in tree.rows("company"):
        first, *others = row.cells["人员"]
        assert list(first) == ["角色", "姓名", "证件号"]
        assert first["角色"] == "法定代表人"
        assert all(list(other) == ["角色", "姓名", "证件号", "出资比例"] for other in others)


def test_business_numbers_are_unique_only_within_a_kind(tree: Tree) -> None:
    kinds: dict[str, set[str]] = {}
    for row in tree.rows("marriage_event"):
        kinds.setdefault(row.cells["业务类型"], set()).add(row.cells["业务编号"])
    assert kinds["结婚登记"] & kinds["离婚登记"]
    assert {"结婚登记", "离婚登记", "补领"} <= kinds.keys()


def test_benefit_standards_are_dated_and_half_open(tree: Tree) -> None:
    lines = (tree.root / "reference" / "benefit_standard.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "division_code,standard_code,amount_yuan_per_month,valid_from,valid_to"
    codes = {line.split(",")[1] for line in lines[1:]}
    assert codes == {"DB_URBAN", "DB_RURAL", "TK", "CJ", "HL", "GL80", "GL90", "GL100", "YL", "GE", "SW"}


def test_manifests_are_readable_as_the_sample_writes_them(tree: Tree) -> None:
    folder, manifest = next(tree.manifests())
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert text == json.dumps(manifest, ensure_ascii=False, indent=1)
