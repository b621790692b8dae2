"""附件: files beside a finding, sent as what they are and got back as downloads, never shown as a page."""

from pathlib import PurePath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from serving.desk.desk import Desk, Person, Refused, form, go
from serving.desk.work import known, looking_anew
from warehouse.casework.attachments import attach, attachment

LARGEST_ID = 2**63 - 1


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

    @router.get("/findings/{finding_id}/attachments/{attachment_id}")
    def download(request: Request, person: SignedIn, finding_id: str, attachment_id: int) -> Response:
        if not 0 < attachment_id <= LARGEST_ID:
            raise Refused(404)
        with person.connection() as connection:
            known(connection, finding_id)
            found = attachment(connection, attachment_id, person.purpose)
        if found is None or found.finding_id != finding_id:
            raise Refused(404)
        plain = f"attachment-{attachment_id}.{found.kind}"
        named = quote(f"{found.name}.{found.kind}", safe="")
        return Response(
            found.content,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{named}"},
        )

    return router
