"""The report of a verification (核对报告): one document, shown on the screen, printed, and written as PDF."""

import io
from collections.abc import Mapping
from typing import Any

import segno

from serving.report.contents import document, filed_number
from serving.report.digest import digest
from serving.report.page import check_page, html
from warehouse.bureau.letterhead import letterhead
from warehouse.database.settings import settings

__all__ = ["check_page", "digest", "file_name", "render_html", "render_pdf"]


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


def _qr(report: Mapping[str, Any]) -> str:
    """SVG of the address that checks number and digest; empty where no address is set."""
    base = settings().report_check_url.rstrip("/")
    if not base:
        return ""
    drawn = io.BytesIO()
    code = segno.make_qr(f"{base}/{report['report_no']}/{digest(report)}", error="m")
    code.save(
        drawn, kind="svg", xmldecl=False, svgns=True, border=2, svgclass=None, lineclass=None, omitsize=True
    )
    return drawn.getvalue().decode().strip()
