"""The report as JUnit XML, which every CI server shows: one test case for each file.

The elements are those that Jenkins' published schema (junit-10.xsd of its xUnit plug-in) allows.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import typer

from fhir_server.cli.validating.report import FileReport
from fhir_server.cli.validating.text import line_of

_NAME = "fhir-server validate"
#: What XML 1.0 cannot hold.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnitPrinter:
    """Prints a test suite: a failure for a file that is not valid, an error for one that could not be read."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._suite = ET.Element("testsuite", name=_NAME)
        self._failures = self._errors = 0

    def take(self, report: FileReport) -> None:
        """Add the test case of a file; what is no error is its output."""
        folder = _legal(".".join(report.path.parent.parts))
        case = ET.SubElement(self._suite, "testcase", name=_legal(str(report.path)), classname=folder or _NAME)
        grave = [issue for issue in report.issues if issue.is_error]
        if grave:
            self._failures += report.is_judged
            self._errors += not report.is_judged
            kind = "failure" if report.is_judged else "error"
            found = ET.SubElement(case, kind, type=grave[0].message.id, message=_legal(grave[0].text(self._language)))
            found.text = self._lines(report, is_error=True)
        rest = self._lines(report, is_error=False)
        if rest:
            ET.SubElement(case, "system-out").text = rest

    def finish(self) -> None:
        """Print the document."""
        counts = {"tests": str(len(self._suite)), "failures": str(self._failures), "errors": str(self._errors)}
        self._suite.attrib.update(counts)
        root = ET.Element("testsuites", {"name": _NAME, **counts})
        root.append(self._suite)
        ET.indent(root)
        typer.echo('<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode"))

    def _lines(self, report: FileReport, *, is_error: bool) -> str:
        told = [line_of(report, issue, self._language) for issue in report.issues if issue.is_error is is_error]
        return _legal("\n".join(told))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
