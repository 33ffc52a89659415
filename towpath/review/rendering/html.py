"""A plan as one HTML page: no script, nothing loaded from elsewhere, readable in light and dark."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from towpath.review.rendering.block import Block
from towpath.review.rendering.page import page_of

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #8886}
table{border-collapse:collapse;width:100%;margin:.25rem 0 1rem;table-layout:fixed}
th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border:1px solid #8884;overflow-wrap:anywhere}
code{font:.875rem/1.4 ui-monospace,monospace;white-space:pre-wrap}
td:nth-child(2){background:#d733;}td:nth-child(3){background:#3a53;}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_html(plan: Mapping[str, Any]) -> str:
    """The plan document as a complete HTML page. All text is escaped, and a content policy forbids script."""
    blocks = page_of(plan)
    body = "\n".join(line for block in blocks for line in _lines(block))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(blocks[0].text)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _lines(block: Block) -> Iterator[str]:
    match block.kind:
        case "title":
            yield f"<h1>{escape(block.text)}</h1>"
        case "heading":
            yield f"<h2>{escape(block.text)}</h2>"
        case "paragraph":
            yield f"<p>{escape(block.text)}</p>"
        case "list":
            yield "<ul>"
            yield from (f"<li>{escape(text)}</li>" for (text,) in block.rows)
            yield "</ul>"
        case "command":
            yield f"<pre><code>{escape(block.text)}</code></pre>"
        case "changes":
            yield "<table><thead><tr><th>property</th><th>before</th><th>after</th></tr></thead><tbody>"
            for row in block.rows:
                yield "<tr>" + "".join(f"<td><code>{escape(cell)}</code></td>" for cell in row) + "</tr>"
            yield "</tbody></table>"
