"""证据包: all there is to one finding in a ZIP, for auditors; read-only, people masked, each file with its digest."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from serving.desk.desk import AUDITOR, Desk, Person, Refused, want_role
from serving.desk.work import known
from warehouse.casework.explain import explain
from warehouse.casework.lines import lines_as_told
from warehouse.database.settings import BUREAU_TIME

README = """证据包：一条疑点的全部记载，只读。人员已脱敏；附件只列名称与校验值。

finding.json      疑点：规则、对象、期间、金额、依据（事实与来源行所在）
lines.json        所依据的来源行：收到的原文与读出的值
history.json      办理经过、核实通知、附件清单
decisions.json    处理意见
manifest.json     各文件的 SHA-256，何人何时为何制作
"""


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.auditing)]

    @router.get("/findings/{finding_id}/evidence.zip")
    def pack(request: Request, person: SignedIn, finding_id: str) -> Response:
        with person.connection() as connection:
            want_role(connection, AUDITOR)
            handling = known(connection, finding_id)
            explained = explain(connection, finding_id, person.purpose)
            lines = lines_as_told(connection, finding_id, person.purpose)
        if lines is None:
            raise Refused(404)
        parts = {
            "finding.json": explained.finding,
            "lines.json": lines,
            "history.json": {name: handling[name] for name in ("pile", "events", "letters", "attachments")},
            "decisions.json": explained.decisions,
        }
        made = {"finding_id": finding_id, "by": person.name, "login": person.login, "purpose": person.purpose}
        return Response(
            packed(parts, made, datetime.now(BUREAU_TIME)),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="evidence-{finding_id[:10]}.zip"'},
        )

    return router


def packed(parts: Mapping[str, Any], made: Mapping[str, str], at: datetime) -> bytes:
    """parts: what stands in each file, as JSON. made: by whom and why. at: when, to the second."""
    written = {"README.txt": README} | {
        name: json.dumps(part, ensure_ascii=False, indent=1, sort_keys=True, default=str)
        for name, part in parts.items()
    }
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in written.items()}
    manifest = {**made, "made_at": at.isoformat(timespec="seconds"), "sha256": digests}
    written["manifest.json"] = json.dumps(manifest, ensure_ascii=False, indent=1)
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in written.items():
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), text)
    return made_of.getvalue()
