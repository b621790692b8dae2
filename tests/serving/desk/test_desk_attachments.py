"""附件: PDF, JPEG and PNG by what they hold, for the divisions of their finding, got back as a download alone."""

import hashlib
from datetime import UTC, datetime

import httpx
import psycopg
import pytest
from at_the_desk import ELSEWHERE, MINE, THEIRS, Officers, Visitor

from serving.desk.accounts import form_token
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.publishing.retention import retain

FINDING, PAGE = MINE[0], f"/findings/{MINE[0]}"
PDF = b"%PDF-1.7\n<script>alert(1)</script>"
PNG = bytes.fromhex("89504e470d0a1a0a") + b"\0" * 20
JPEG = bytes.fromhex("ffd8ffe0") + b"\0" * 20


def send(visitor: Visitor, content: bytes, name: str = "证明.pdf", page: str = PAGE) -> httpx.Response:
    return visitor.client.post(
        f"{page}/attachments", data={"form": form_token(visitor.token)}, files={"file": (name, content)}
    )


def test_a_file_is_kept_with_its_digest_and_comes_back_as_a_download(
    officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    for content, name in ((PDF, "证明.exe"), (PNG, "C:\\照片\\b.html"), (JPEG, "<b>x")):
        assert send(officer, content, name).headers["location"] == f"{PAGE}?told=done_attachment"
    page = officer.get(PAGE).text
    for shown in (
        "证明</bdi>.pdf",
        "b</bdi>.png",
        "&lt;b&gt;x</bdi>.jpeg",
        hashlib.sha256(PDF).hexdigest(),
        "存入附件 证明",
    ):
        assert shown in page, shown
    (number,) = connection.execute("select min(attachment_id) from ops.finding_attachment").fetchone() or ()
    got = officer.get(f"{PAGE}/attachments/{number}")
    assert got.content == PDF
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith(
        f'attachment; filename="attachment-{number}.pdf"; filename*='
    )
    assert connection.execute(
        "select operation, resident_ids from audit.verification_log where operation like '%attach%'"
        " order by logged_at"
    ).fetchall() == [("attach_to_finding", [1])] * 3 + [("finding_attachment", [1])]


def test_what_is_none_of_these_files_or_too_big_is_refused(
    officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    for content, name in (
        (b"<html><script>", "证明.pdf"), (b"", "证明.pdf"), (b" " + PDF, "证明.pdf"), (PDF, "420203198001010011.pdf"),
        (PDF + b"\0" * 4_194_304, "证明.pdf"), (PDF, "长" * 101 + ".pdf"), (PDF, "\u3000.pdf"),
    ):  # fmt: skip
        assert send(officer, content, name).status_code == 400, name
    assert send(officer, PDF + b"\0" * 5_000_000).status_code == 413
    assert connection.execute("select count(*) from ops.finding_attachment").fetchone() == (0,)


def test_another_division_has_no_file_by_address_function_or_row(
    officer: Visitor, officers: Officers, database: Warehouse, connection: psycopg.Connection
) -> None:
    officer.enter()
    send(officer, PDF)
    (number,) = connection.execute("select max(attachment_id) from ops.finding_attachment").fetchone() or ()
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    assert send(elsewhere, PDF).status_code == 404
    for address in (f"{PAGE}/attachments/{number}", f"/findings/{THEIRS}/attachments/{number}"):
        assert elsewhere.get(address).status_code == 404
    assert officer.get(f"/findings/{MINE[1]}/attachments/{number}").status_code == 404
    for wrong in ("0", "-1", "9" * 30):
        assert officer.get(f"{PAGE}/attachments/{wrong}").status_code in (400, 404)
    with database.session() as admin:
        admin.execute(f"set session authorization {elsewhere.login}".encode())
        admin.commit()
        # The function asks for the row by its number alone: row security keeps it.
        assert (
            admin.execute("select * from api_v1.finding_attachment(%s, 'review')", [number]).fetchall() == []
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("select * from ops.finding_attachment")
        admin.rollback()
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            admin.execute("select api_v1.attach_to_finding(%s, 'review', 'a', %s, 'b')", [FINDING, PDF])


def test_a_file_kept_by_mistake_is_taken_back_and_its_bytes_go_with_time(
    officer: Visitor, colleague: Visitor, officers: Officers, database: Warehouse, connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    officer.enter()
    colleague.enter()
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    send(officer, PDF)
    send(officer, PNG, "留下的.png")
    (number,) = connection.execute("select min(attachment_id) from ops.finding_attachment").fetchone() or ()
    address = f"{PAGE}/attachments/{number}"
    assert elsewhere.post(f"{address}/withdraw", reason="错").status_code == 404
    refused = colleague.post(f"{address}/withdraw", reason="不是本案的")
    assert refused.status_code == 400, "neither kept it nor works on the finding"
    assert "附件由存入者" in refused.text
    for wrong in ("", "  ", "号码是 420203198001010011"):
        assert officer.post(f"{address}/withdraw", reason=wrong).status_code == 400
    assert officer.get(address).content == PDF
    assert (
        officer.post(f"{address}/withdraw", reason="错传他人材料").headers["location"].endswith("_attachment")
    )
    assert officer.post(f"{address}/withdraw", reason="再撤").status_code == 409
    for visitor in (officer, colleague):
        assert visitor.get(address).status_code == 404
    page = officer.get(PAGE).text
    assert "撤回附件 证明：错传他人材料" in page
    assert hashlib.sha256(PDF).hexdigest() in page, "what it was stays"
    logged = (
        "select operation, resident_ids from audit.verification_log where operation = 'withdraw_attachment'"
    )
    assert connection.execute(logged.encode()).fetchall() == [("withdraw_attachment", [1])]
    connection.rollback()

    def kept() -> list[object]:
        with database.connect() as admin:
            return [
                row[0]
                for row in admin.execute("select content from ops.finding_attachment order by 1 nulls last")
            ]

    with database.connect() as admin:
        # Neither what was not taken back, nor anything but bytes, nor back again.
        for reading in (
            "select content from ops.finding_attachment", "update ops.finding_attachment set content = null",
            "select * from ops.finding_attachment_withdrawal",
        ):  # fmt: skip
            with admin.transaction(force_rollback=True):
                admin.execute("set local role retention")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    admin.execute(reading.encode())
        with pytest.raises(psycopg.errors.InvalidParameterValue), admin.transaction():
            admin.execute("select ops.clear_withdrawn(0)")
        for change in ("name = 'x', content = null", "sha256 = 'x'", "content = 'x'"):
            with pytest.raises(psycopg.errors.RestrictViolation), admin.transaction():
                admin.execute(f"update ops.finding_attachment set {change}".encode())

    def cleared(after_days: int) -> int:
        with database.connect() as admin:
            admin.execute("alter table ops.finding_attachment_withdrawal disable trigger append_only")
            admin.execute(
                "update ops.finding_attachment_withdrawal"
                " set withdrawn_at = clock_timestamp() - make_interval(days => %s)",
                [after_days],
            )
            admin.execute("alter table ops.finding_attachment_withdrawal enable trigger append_only")
        dropped = retain(database, datetime.now(UTC), is_dry_run=False)
        return next(one.count for one in dropped if one.setting == "MINZHENG_KEEP_WITHDRAWN_DAYS")

    assert cleared(400) == 0, "no period is set"
    monkeypatch.setenv("MINZHENG_KEEP_WITHDRAWN_DAYS", "30")
    settings.cache_clear()
    assert cleared(29) == 0
    assert cleared(31) == 1
    assert kept() == [PNG, None]
