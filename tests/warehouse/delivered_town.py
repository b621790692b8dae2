"""A town as its deliveries tell it, read by pandas alone: no contract, no SQL, nothing of the warehouse.

Who a line is about is the town's own truth (``truth/link.csv``), so that what linkage misses shows.
"""

import json
from collections import Counter
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

READERS = {
    "csv": lambda path, encoding: pd.read_csv(path, encoding=encoding, dtype=str, keep_default_na=False),
    "xlsx": lambda path, _: pd.read_excel(path, dtype=str, keep_default_na=False),
    "txt": lambda path, encoding: pd.read_csv(
        path, encoding=encoding, sep="|", dtype=str, keep_default_na=False
    ),
    "jsonl": lambda path, encoding: pd.read_json(path, encoding=encoding, lines=True, dtype=False),
}
FIRST_LINE = {"csv": 2, "txt": 2, "xlsx": 2, "jsonl": 1}
WORK_COSTS = 0.3  # of the standard, for each wage (means_parameter)


class DeliveredTown:
    """inbox: the folder of deliveries, with ``truth``; day: business date, on which people have their age."""

    def __init__(self, inbox: Path, day: str) -> None:
        self.inbox, self.day = inbox, pd.Timestamp(day)

    def lines(self, place: str) -> pd.DataFrame:
        """All lines of a feed (``system/feed``) in the order in which they speak, with `day` and `line`, and a
        column ``uid_<role>`` for each person named."""
        frames = []
        for folder in sorted((self.inbox / place).iterdir()):
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            frame = READERS[manifest["format"]](folder / manifest["file"], manifest.get("encoding"))
            frame["day"] = folder.name
            frame["line"] = range(FIRST_LINE[manifest["format"]], FIRST_LINE[manifest["format"]] + len(frame))
            frames.append(frame)
        named = self.links[self.links["feed"] == place.rpartition("/")[2]]
        people = named.pivot_table(
            index=["delivery_date", "line"], columns="role", values="person_uid", aggfunc="first"
        )
        people.columns = [f"uid_{role}" for role in people.columns]
        return pd.concat(frames, ignore_index=True).merge(
            people, how="left", left_on=["day", "line"], right_index=True
        )

    def standing(self, place: str, key: list[str], version: str | None = None) -> pd.DataFrame:
        """The last line of each key, unless it revokes the record."""
        lines = self.lines(place)
        if version:
            lines = lines.sort_values(version, kind="stable")
        last = lines.drop_duplicates(key, keep="last")
        return last[last["操作"] != "作废"] if "操作" in last else last

    @cached_property
    def links(self) -> pd.DataFrame:
        return pd.read_csv(self.inbox / "truth" / "link.csv", dtype={"delivery_date": str})

    @cached_property
    def deaths(self) -> pd.Series:
        """Day of death by person, of those whose death a delivery tells: the crematory's word before the police's."""
        burned = self.standing("funeral/cremation", ["火化编号"]).dropna(subset="uid_deceased")
        told = self.lines("register/population").query("变动类型 == '死亡'").dropna(subset="uid_person")
        days = pd.concat(
            [
                pd.Series(pd.to_datetime(told["变动日期"], format="%Y%m%d").values, told["uid_person"]),
                pd.Series([day_in_words(value) for value in burned["死亡日期"]], burned["uid_deceased"]),
            ]
        )
        return days[~days.index.duplicated(keep="last")]

    @cached_property
    def registered(self) -> pd.DataFrame:
        """Registered people, one row each: uid, sex, born, street, division, is_living, age on the business date."""
        last = self.standing("register/population", ["公民身份号码"])
        last = last[~last["变动类型"].isin(["死亡", "迁出"])]
        people = pd.DataFrame(
            {
                "uid": last["uid_person"],
                "sex": last["性别"].map({"1": "男", "2": "女"}),
                "born": pd.to_datetime(last["出生日期"], format="%Y%m%d"),
                "street": last["行政区划代码"].str[:9],
                "division": last["行政区划代码"].str[:6],
            }
        )
        people["is_living"] = ~people["uid"].isin(self.deaths.index)
        people["age"] = ages(people["born"], self.day)
        return people

    @cached_property
    def people(self) -> pd.DataFrame:
        """Everybody by uid, as the town knows them: born, division."""
        people = pd.read_csv(self.inbox / "truth" / "person.csv", dtype=str).set_index("person_uid")
        return pd.DataFrame(
            {"born": pd.to_datetime(people["birth_date"]), "division": people["division_code"]}
        )

    @cached_property
    def case_months(self) -> pd.DataFrame:
        """What was paid of each case, benefit and month: case, benefit, month, division, paid."""
        payments = self.standing("assistance/payment", ["支付流水号"])
        payments = payments[payments["发放状态"].isin(["成功", "补发"])]
        months = payments.assign(
            case=payments["业务编号"],
            benefit=payments["待遇类别"],
            month=pd.to_datetime(payments["所属月份"], format="%Y%m"),
            division=payments["行政区划代码"],
            paid=payments["金额"].astype(float),
        )
        return months.groupby(["case", "benefit", "month"], as_index=False).agg(
            division=("division", "min"), paid=("paid", "sum")
        )

    @cached_property
    def covered(self) -> pd.DataFrame:
        """Whom each case covers: case, uid."""
        entitled = self.standing("assistance/entitlement", ["待遇编号"])
        households = self.standing("assistance/aid_household", ["家庭编号"], "更新时间")
        members = [
            (household["家庭编号"], household[f"uid_member{place}"])
            for _, household in households.iterrows()
            for place, member in enumerate(household["家庭成员"], start=1)
            if member["是否保障对象"] != "否"
        ]
        people = [*zip(entitled["待遇编号"], entitled["uid_person"], strict=True), *members]
        return pd.DataFrame(people, columns=["case", "uid"]).dropna()

    @cached_property
    def person_months(self) -> pd.DataFrame:
        return self.case_months.merge(self.covered, on="case")

    @cached_property
    def registrations(self) -> pd.DataFrame:
        """Marriages and divorces: kind, office, on, husband_age."""
        events = self.standing("marriage/marriage_event", ["业务编号", "业务类型"], "更新时间")
        events = events[events["业务类型"].isin(["结婚登记", "离婚登记"])]
        on = pd.to_datetime(events["登记日期"].str.replace("/", "-"))
        born = events["uid_husband"].map(self.people["born"])
        return pd.DataFrame(
            {
                "kind": events["业务类型"],
                "office": events["登记机关代码"],
                "on": on,
                "husband_age": [
                    ages(pd.Series([one]), day).iloc[0] for one, day in zip(born, on, strict=True)
                ],
            }
        )

    @cached_property
    def incomes(self) -> pd.DataFrame:
        """What insurance tells of each person a month, else what he or she declared: uid, kind, yuan."""
        told = self.standing("shared/social_insurance", ["身份证号", "险种", "状态", "所属月份"]).dropna(
            subset="uid_person"
        )
        assert told["所属月份"].nunique() == 1
        told = pd.DataFrame(
            {
                "uid": told["uid_person"],
                "kind": told["状态"].map({"在缴": "wage", "领取": "pension"}),
                "yuan": pd.to_numeric(told["月缴费基数"].where(told["状态"] == "在缴", told["月待遇"])),
            }
        ).dropna()
        households = self.standing("assistance/aid_household", ["家庭编号"], "更新时间").query(
            "状态 == '在保'"
        )
        declared = pd.DataFrame(
            [
                (household[f"uid_member{place}"], "declared", member["申报月收入"])
                for _, household in households.iterrows()
                for place, member in enumerate(household["家庭成员"], start=1)
            ],
            columns=["uid", "kind", "yuan"],
        ).dropna()
        return pd.concat([told, declared[~declared["uid"].isin(told["uid"])]], ignore_index=True)

    @cached_property
    def book_multiples(self) -> pd.DataFrame:
        """Countable income per head of each household book as a multiple of its standard: book, division, multiple.

        The heads are those in the book, also who is dead to the crematory alone.
        """
        last = self.standing("register/population", ["公民身份号码"])
        people = last[~last["变动类型"].isin(["死亡", "迁出"])]
        heads = people.sort_values("与户主关系").drop_duplicates("户号").set_index("户号")
        standards = pd.read_csv(self.inbox / "reference" / "benefit_standard.csv", dtype=str)
        since, until = pd.to_datetime(standards["valid_from"]), pd.to_datetime(standards["valid_to"])
        standards = standards[(since <= self.day) & (until.isna() | (until > self.day))]
        amounts = standards.set_index(["division_code", "standard_code"])["amount_yuan_per_month"].astype(
            float
        )
        rows = []
        for book, members in people.groupby("户号"):
            head = heads.loc[book]
            division = head["行政区划代码"][:6]
            standard = amounts[division, "DB_URBAN" if head["户口性质"] == "城镇" else "DB_RURAL"]
            incomes = self.incomes[self.incomes["uid"].isin(members["uid_person"])]
            wages = incomes[incomes["kind"] == "wage"]["yuan"]
            countable = incomes["yuan"].sum() - wages.clip(upper=WORK_COSTS * standard).sum()
            rows.append((book, division, max(countable, 0) / len(members) / standard))
        return pd.DataFrame(rows, columns=["book", "division", "multiple"])

    @cached_property
    def received(self) -> dict[tuple[str, date], int]:
        """Lines by feed and month of the business date, as the senders counted them in their manifests."""
        counts: Counter[tuple[str, date]] = Counter()
        for path in self.inbox.glob("*/*/*/manifest.json"):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            month = date.fromisoformat(manifest["business_date"]).replace(day=1)
            counts[manifest["feed"], month] += manifest["rows"]
        return dict(counts)


def ages(born: pd.Series, day: pd.Timestamp) -> pd.Series:
    """Whole years on a day."""
    before_birthday = (born.dt.month > day.month) | ((born.dt.month == day.month) & (born.dt.day > day.day))
    return day.year - born.dt.year - before_birthday.astype(int)


def band(age: float) -> str:
    if pd.isna(age):
        return "unknown"
    for below, name in ((18, "0-17"), (60, "18-59"), (80, "60-79"), (90, "80-89")):
        if age < below:
            return name
    return "90+"


def day_in_words(value: str) -> pd.Timestamp:
    """A day as the crematory writes it: 2024-03-05 00:00:00, 2024/3/5 or 2024年3月5日."""
    plain = value.split(" ")[0].replace("年", "-").replace("月", "-").replace("日", "")
    return pd.to_datetime(plain.replace("/", "-").replace(".", "-"))
