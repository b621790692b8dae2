"""A report on the screen: a piece of HTML without script or style of its own, for a page that links ``report.css``."""

from html import escape

from serving.report.document import Block, Document, Facts, Table, Words


def html(document: Document) -> str:
    """An ``<article class="report">`` whose headings begin at the second level."""
    head = f'<p class="report-head">{escape(document.head)}</p>' if document.head else ""
    sections = "\n".join(
        f"<section><h3>{escape(section.title)}</h3>{''.join(map(_block, section.blocks))}</section>"
        for section in document.sections
    )
    signatures = "".join(f"<li>{escape(title)}</li>" for title in document.signatures)
    check = f"<div><h3>核验</h3><p>{escape(document.checking)}</p>{_facts(document.check)}</div>"
    return f"""<article class="report" lang="zh-CN">
{head}<h2>{escape(document.title)}</h2>
{_facts(document.facts)}
{sections}
<ul class="report-signatures">{signatures}</ul>
<footer class="report-check">{check}{document.qr}</footer>
</article>
"""


def check_page(report_no: str, matches: bool) -> str:
    """What the QR code of a printed report opens. report_no: as asked, whether or not there is one."""
    told = (
        ("相符", "此编号与此校验值出自本系统的同一份报告。这不证明纸面内容未经改动：请与纸面所载编号、校验值逐字对照，"
         "内容有疑问的，请出具机构按编号重出原件核对。")
        if matches
        else ("不相符", "本系统没有此编号与此校验值的报告。请核对是否扫描完整；仍不相符的，勿予采信，并告知出具机构。")
    )  # fmt: skip
    return f"""<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>核对报告核验</title></head>
<body><main><h1>核对报告核验：{told[0]}</h1><p>编号 {escape(report_no)}</p><p>{told[1]}</p></main></body>
</html>
"""


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    return _facts(block) if isinstance(block, Facts) else _words(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col" class="{one.align}">{escape(one.title)}</th>' for one in table.columns)
    rows = "".join(
        f'<tr class="{"strong" if place in table.strong else "plain"}">{_cells(row, table)}</tr>'
        for place, row in enumerate(table.rows)
    )
    whole = sum(one.share for one in table.columns)
    # As attributes: a style of its own a strict page would not take.
    widths = "".join(f'<col width="{one.share / whole:.1%}">' for one in table.columns)
    return f"<table><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(row: tuple[str, ...], table: Table) -> str:
    cells = []
    for place, (words, column) in enumerate(zip(row, table.columns, strict=False)):
        rest = len(table.columns) - place
        spans = place == len(row) - 1 and rest > 1
        kind = f'colspan="{rest}"' if spans else f'class="{column.align}"'
        cells.append(f"<td {kind}>{_lines(words)}</td>")
    return "".join(cells)


def _facts(facts: Facts) -> str:
    title = f"<h4>{escape(facts.title)}</h4>" if facts.title else ""
    pairs = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_lines(value)}</dd></div>" for name, value in facts.facts
    )
    return f'{title}<dl class="{"wide" if facts.is_wide else "pairs"}">{pairs}</dl>'


def _words(words: Words) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in words.paragraphs)


def _lines(words: str) -> str:
    first, *rest = map(escape, words.split("\n"))
    return first + "".join(f"<br><small>{line}</small>" for line in rest)
