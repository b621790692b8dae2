"""The report of a verification (核对报告): one document, shown on the screen, printed, and written as PDF."""

import io
from collections.abc import Mapping
from typing import Any

import segno

from serving.report.contents import TITLES, document, filed_number
from serving.report.digest import digest
from serving.report.page import check_page, html
from warehouse.bureau.letterhead import letterhead
from warehouse.database.settings import settings

__all__ = [
    "TITLES", "check_address", "check_page", "digest", "file_name", "filed_number", "render_html", "render_pdf",
]  # fmt: skip


def render_html(report: Mapping[str, Any]) -> str:
    """A piece of HTML for a page that links ``report.css``. report: an answer of ``api_v1.get_report``."""
    return html(document(report, letterhead(), _qr(report)))


def render_pdf(report: Mapping[str, Any]) -> bytes:
    """A PDF/A, the same bytes for the same report. report: an answer of ``api_v1.get_report``."""
    from serving.report.pdf import pdf  # the typesetter is big: who serves no PDF does not load it

    return pdf(document(report, letterhead(), _qr(report)))


def file_name(report: Mapping[str, Any]) -> str:
    """Of its PDF: the number that an office files, and nothing of anybody."""
    return f"{filed_number(report['report_no'])}.pdf"


def check_address(report: Mapping[str, Any]) -> str:
    """The page that checks number and digest; empty where no address is set."""
    base = settings().report_check_url.rstrip("/")
    return base and f"{base}/{report['report_no']}/{digest(report)}"


def _qr(report: Mapping[str, Any]) -> str:
    """SVG of the address that checks the report; empty where there is none."""
    address = check_address(report)
    if not address:
        return ""
    drawn = io.BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(
        drawn, kind="svg", xmldecl=False, svgns=True, border=2, svgclass=None, lineclass=None, omitsize=True
    )
    return drawn.getvalue().decode().strip()
