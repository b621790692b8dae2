"""附件: files beside a finding, sent as what they are and got back as downloads, never shown as a page."""

from pathlib import PurePath
from typing import Annotated
from urllib.parse import quote

import psycopg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from serving.desk.desk import Desk, Person, Refused, field, form, go
from serving.desk.work import known, looking_anew
from warehouse.casework.attachments import attach, attachment, withdraw


def routes(desk: Desk) -> APIRouter:
    router = APIRouter()
    SignedIn = Annotated[Person, Depends(desk.person)]

    @router.post("/findings/{finding_id}/attachments")
    def kept(request: Request, person: SignedIn, finding_id: str) -> Response:
        sent = form(request).get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Refused(400, back=f"/findings/{finding_id}")
        # What a browser sends as a name may be a path.
        name = PurePath(sent.filename.replace("\\", "/")).stem
        with looking_anew(finding_id), person.connection() as connection:
            known(connection, finding_id)
            attach(connection, finding_id, person.purpose, name, sent.file.read(), person.name)
        return go(f"/findings/{finding_id}", told="done_attachment")

    @router.post("/findings/{finding_id}/attachments/{attachment_id}/withdraw")
    def taken_back(request: Request, person: SignedIn, finding_id: str, attachment_id: int) -> Response:
        with looking_anew(finding_id), person.connection() as connection:
            of_finding(connection, finding_id, attachment_id)
            withdraw(connection, attachment_id, person.purpose, field(request, "reason"), person.name)
        return go(f"/findings/{finding_id}", told="done_withdraw_attachment")

    @router.get("/findings/{finding_id}/attachments/{attachment_id}")
    def download(request: Request, person: SignedIn, finding_id: str, attachment_id: int) -> Response:
        with person.connection() as connection:
            of_finding(connection, finding_id, attachment_id)
            found = attachment(connection, attachment_id, person.purpose)
        if found is None:
            raise Refused(404)
        plain = f"attachment-{attachment_id}.{found.kind}"
        named = quote(f"{found.name}.{found.kind}", safe="")
        return Response(
            found.content,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{named}"},
        )

    return router


def of_finding(connection: psycopg.Connection, finding_id: str, attachment_id: int) -> None:
    """Raises Refused where the finding, or the file beside it, is not there."""
    beside = known(connection, finding_id)["attachments"]
    if attachment_id not in {kept["attachment_id"] for kept in beside}:
        raise Refused(404)
