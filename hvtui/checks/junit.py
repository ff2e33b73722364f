"""Verdicts as JUnit XML, which every CI system reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from hvtui.checks.verdicts import Check, Verdict

# What XML 1.0 cannot hold in any form (section 2.2); a guest may print it all the same.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(verdicts: Sequence[Verdict]) -> bytes:
    """Return a test suite for each machine and a test case for each check, as UTF-8."""
    checks = [check for verdict in verdicts for check in verdict.checks]
    seconds = sum(verdict.seconds for verdict in verdicts)
    root = ElementTree.Element("testsuites", {"name": "hvtui check", **_counts(checks, seconds)})
    for verdict in verdicts:
        root.append(_suite(verdict))
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _suite(verdict: Verdict) -> ElementTree.Element:
    name = _clean(verdict.name)
    suite = ElementTree.Element("testsuite", {"name": name, **_counts(verdict.checks, verdict.seconds)})
    for check in verdict.checks:
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": name, "name": _clean(check.name), "time": "0"}
        )
        if not check.ok:
            failure = ElementTree.SubElement(
                case, "failure", {"type": "check", "message": _clean(check.failure)}
            )
            lines = [check.failure, check.place, check.detail, verdict.lost]
            failure.text = _clean("\n".join(line for line in lines if line))
    if verdict.console:
        ElementTree.SubElement(suite, "system-out").text = _clean(verdict.console)
    return suite


def _counts(checks: Sequence[Check], seconds: float) -> dict[str, str]:
    return {
        "tests": str(len(checks)),
        "failures": str(sum(not check.ok for check in checks)),
        "errors": "0",
        "skipped": "0",
        "time": f"{seconds:.3f}",
    }


def _clean(text: str) -> str:
    return _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", text)
