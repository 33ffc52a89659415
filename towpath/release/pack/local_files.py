"""Replaces every local file that a template names by its place in the release, nested templates first.

The places are given by two parameters that are added to the template, so that nothing is rewritten after the digest is
taken. Paths start at the folder of the template that names them, and may lead out of it.
"""

import os
from pathlib import Path

from towpath.release.pack.findings import Findings
from towpath.release.pack.includes import Includer
from towpath.release.pack.rewritten import Rewritten
from towpath.release.pack.shape import misshapen
from towpath.release.pack.shelf import Shelf
from towpath.release.pack.template_files import TemplateFiles
from towpath.release.pack.template_text import template_text
from towpath.template.error import TemplateError
from towpath.template.loading import Template, load_template


class LocalFiles:
    """Takes the files of a template, and of the templates nested in it, to the shelf."""

    def __init__(self, shelf: Shelf, findings: Findings, root: Path) -> None:
        self.shelf = shelf
        self.findings = findings
        self._root = root
        self._open: list[Path] = []
        self._nested: dict[Path, tuple[str, Rewritten]] = {}

    def rewrite(self, template: Template, folder: Path) -> Rewritten:
        """The template with addresses for paths. What cannot be packed is among the findings."""
        included = template.with_document(Includer(template, folder, self.findings).document())
        wrong = misshapen(included)
        if wrong:
            self.findings.refusals.extend(wrong)
            return Rewritten(included)
        return TemplateFiles(self, included, folder).rewrite()

    def nested(self, path: Path, where: str) -> tuple[str, Rewritten] | None:
        """The digest of a nested template after its own files were replaced; None when refused."""
        path = path.resolve()
        if path in self._open:
            said = f"{self.shown(path)} nests itself."
            self.findings.refuse("nested-circle", said, where, "Cut the circle of nested templates.")
            return None
        if path.is_dir():
            self.findings.refuse(
                "asset-not-a-file", f"{self.shown(path)} is a folder.", where, "Name the template in it."
            )
            return None
        if path not in self._nested:
            try:
                template = load_template(path.read_bytes(), name=self.shown(path))
            except TemplateError as error:
                self.findings.refusals.append(error.reason)
                return None
            self._open.append(path)
            rewritten = self.rewrite(template, path.parent)
            self._open.pop()
            content = template_text(rewritten.template, self.findings)
            self._nested[path] = (self.shelf.add_bytes(content, self.shown(path)), rewritten)
        return self._nested[path]

    def shown(self, path: Path) -> str:
        """A path for people and the manifest: relative to the root template's folder, the same on every machine."""
        return os.path.relpath(path.resolve(), self._root.resolve()).replace(os.sep, "/")
