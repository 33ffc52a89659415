"""A plan document written for people: plain text for a terminal, Markdown for a pull request, HTML for a browser."""

from towpath.review.rendering.html import render_html
from towpath.review.rendering.markdown import render_markdown
from towpath.review.rendering.text import render_text

__all__ = ["render_html", "render_markdown", "render_text"]
