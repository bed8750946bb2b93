"""SARIF 2.1.0 (OASIS): what code scanning services and editors read of a check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from mig import __version__
from mig.catalogue import find_code
from mig.findings import IGNORED, Severity, fingerprints
from mig.report.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mig.findings import Finding
    from mig.model import Location
    from mig.report.formats import View
    from mig.usecases.check import CheckResult

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_FINGERPRINT = "mig/v1"


def render_check(result: CheckResult, view: View) -> str:
    """The check as one run.  Every finding is in it: what reads SARIF chooses itself."""
    codes = sorted({finding.code for finding in result.findings})
    index = {code: number for number, code in enumerate(codes)}
    marks = fingerprints(result.findings)
    run = {
        "tool": {
            "driver": {
                "name": "mig",
                "semanticVersion": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "automationDetails": {"id": "mig/check/"},
        "invocations": [{"executionSuccessful": True, "exitCode": 0 if result.ok(view.fail_on) else 1}],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, index, mark) for finding, mark in zip(result.findings, marks, strict=True)
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, object]:
    known = find_code(code)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in known.slug.split("-")),
        "shortDescription": {"text": f"{known.title[:1].upper()}{known.title[1:]}."},
        "fullDescription": {"text": known.problem},
        "help": {"text": f"{known.problem}\n\nExample: {known.example}\n\nWhat to do: {known.remedy}"},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
        "properties": {"tags": ["database", "migrations", known.family]},
    }


def _result(finding: Finding, index: Mapping[str, int], mark: str) -> dict[str, object]:
    first, *others = finding.locations or (None,)
    lines = [finding.message]
    lines += [f"{label}: {text}" for label, text in (("then", finding.then), ("fix", finding.fix)) if text]
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(map(one_line, lines))},
        "partialFingerprints": {_FINGERPRINT: mark},
    }
    if first is not None:
        result["locations"] = [_location(first)]
    if others:
        result["relatedLocations"] = _related(finding.locations)
    if finding.suppressed:
        kind = "inSource" if finding.suppressed == IGNORED else "external"
        result["suppressions"] = [{"kind": kind}]
    about = {
        "verdict": finding.verdict.value if finding.verdict else "",
        "lineage": finding.lineage,
        "migrations": [one_line(i) for i in finding.migrations],
        "resources": [one_line(name) for name in finding.resources],
    }
    result["properties"] = {name: value for name, value in about.items() if value}
    return result


def _related(places: Sequence[Location]) -> list[dict[str, object]]:
    """Both sides, each with what it does there; the first one is a location too, but has no words there."""
    return [
        {"id": number, **_location(place), "message": {"text": one_line(_said(place))}}
        for number, place in enumerate(places)
    ]


def _said(place: Location) -> str:
    return ": ".join(part for part in (place.side, place.text) if part) or place.path


def _location(place: Location) -> dict[str, object]:
    # A name that is no UTF-8 has its bytes in it, which is what a URI is made of.
    uri = quote_from_bytes(place.path.encode("utf-8", "surrogateescape"), safe="/")
    physical: dict[str, object] = {"artifactLocation": {"uri": uri}}
    if place.line:
        physical["region"] = {"startLine": place.line}
    return {"physicalLocation": physical}
