"""`vega submission`: read, check, and where nothing is wrong write the package and what is said of it.

Beside OUT appear OUT.checks.json (every finding) and, with a run, OUT.declaration.json and OUT.declaration.md; all of
them or none. There is no time in them: the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.order_check import OrderCheck
from eval.submission.checks import check
from eval.submission.declaration_text import render
from eval.submission.declare import declare
from eval.submission.findings import Finding, errors, report
from eval.submission.hypothesis import Line, is_package, read_hypotheses
from eval.submission.official import Official, read_official
from eval.submission.trace import Trace, trace
from eval.submission.write import write_submission
from vega.atomic import atomic_files, write_json, write_text
from vega.errors import UserError
from vega.manifest import hash_file
from vega.settings.corpora import PACKED, unpacked
from vega.settings.submission import SubmissionSettings


def run(settings: SubmissionSettings, say: Callable[[str], None]) -> None:
    """Check, and write where an output is named; `say` gets a line at a time. UserError where a check stops it."""
    official = read_official(settings.input, settings.direction, settings.field)
    _check_output(settings, official)
    lines, findings = read_hypotheses(official, settings.hypothesis, settings.system)
    findings = [*_ignored(official), *findings]
    if not errors(findings, strict=False):  # else lines stand beside the wrong segments, and every check would cry
        findings += [*check(lines, official.target), *_order(official, lines)]
    traced = _traced(settings)
    findings += _of_the_run(settings, traced)
    for line in report(findings):
        say(line)
    _stop(findings, settings)
    counted = f"{len(lines):,} segments in {len(official.documents):,} documents, {official.source}-{official.target}"
    if settings.output is None:
        say(f"{settings.hypothesis[0]}: {counted}: fit to be uploaded, {len(findings)} warnings.")
        return
    written = _write(settings, settings.output, official, lines, findings, traced)
    say(f"{settings.output}: {counted}, by '{settings.system}'; {len(findings)} warnings.")
    for name in written:
        say(f"{settings.output.with_name(name)}")


def _stop(findings: Sequence[Finding], settings: SubmissionSettings) -> None:
    found = errors(findings, settings.strict)
    if not found:
        return
    strictly = " (warnings are errors with --strict)" if len(found) > len(errors(findings, strict=False)) else ""
    count = "1 error" if len(found) == 1 else f"{len(found):,} errors"
    outcome = "Nothing was written." if settings.output else "It is not fit to be uploaded."
    raise UserError(f"{settings.hypothesis[0]}: {count}{strictly}, see above. {outcome}")


def _check_output(settings: SubmissionSettings, official: Official) -> None:
    if settings.output is None:
        return
    if settings.output.is_dir():
        raise UserError(f"{settings.output}: it is a folder. Name the file to write.")
    wanted = ".jsonl" if official.is_jsonl else ".xml"
    path = settings.output
    if unpacked(path).suffix != wanted:
        raise UserError(f"{path}: the submission to {settings.input} is a {wanted} file. Name it so.")


def _ignored(official: Official) -> list[Finding]:
    return [
        Finding("warning", "element", official.file, line, f"<{name}> is not known and is left out")
        for name, line in (official.ignored or {}).items()
    ]


def _order(official: Official, lines: Sequence[Line]) -> list[Finding]:
    """Whether the lines are in the order of the source."""
    disorder = OrderCheck([line.segment.text for line in lines], _reference(official)).check(
        [line.text for line in lines]
    )
    if disorder is None:
        return []
    first = lines[disorder.lines[0] - 1] if disorder.lines else None
    where = (first.file, first.line, disorder.message, first.document.id, first.segment.id) if first else None
    return [Finding("warning", "order", *(where or (lines[0].file, 0, disorder.message)))]


def _reference(official: Official) -> list[str]:
    """The first reference, where every document has one."""
    sides = [document.reference(official.target) for document in official.documents]
    if not all(sides):
        return []
    try:
        return [
            text
            for document, side in zip(official.documents, sides, strict=True)
            for text in document.texts(side)  # type: ignore[arg-type]
        ]
    except UserError:  # a reference lacks segments: none of our business here, the source is enough
        return []


def _write(
    settings: SubmissionSettings,
    output: Path,
    official: Official,
    lines: Sequence[Line],
    findings: Sequence[Finding],
    traced: Trace | None,
) -> list[str]:
    """Write all files; returns the names of those beside the output."""
    said = _submission(settings, output, official, lines, findings)
    declared = declare(traced) if traced else None
    beside = [f"{output.name}.checks.json"]
    with _writable(output), atomic_files(output.parent) as folder:
        suffix = output.suffix if output.suffix in PACKED else ""
        write_submission(official, lines, settings.system, folder / output.name, suffix)
        said["output_sha256"] = hash_file(folder / output.name)
        write_json(folder / beside[0], {**said, "findings": [_plain(finding) for finding in findings]})
        if declared is not None:
            content = {"submission": said, **declared}
            beside += [f"{output.name}.declaration.json", f"{output.name}.declaration.md"]
            write_json(folder / beside[1], content)
            write_text(folder / beside[2], render(content))
    return beside


@contextmanager
def _writable(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{output}: cannot be written ({error.strerror}). Name another place.") from None


def _submission(
    settings: SubmissionSettings,
    output: Path,
    official: Official,
    lines: Sequence[Line],
    findings: Sequence[Finding],
) -> dict[str, Any]:
    return {
        "system": settings.system,
        "team": settings.team,
        "direction": f"{official.source}-{official.target}",
        "input": str(settings.input),
        "input_sha256": hash_file(settings.input),
        "hypothesis": [{"file": str(file), "sha256": hash_file(file)} for file in settings.hypothesis],
        "output": output.name,
        "checks": f"{output.name}.checks.json",
        "documents": len(official.documents),
        "segments": len(lines),
        "warnings": len(findings),
    }


def _traced(settings: SubmissionSettings) -> Trace | None:
    """What the run says of the translations."""
    if settings.run is None:
        return None
    if is_package(settings.hypothesis[0]) and not settings.run_system:
        raise UserError("--run: name the run's system too, with --run-system; a package does not say which it was.")
    return trace(settings.run, settings.hypothesis, settings.run_system)


def _of_the_run(settings: SubmissionSettings, traced: Trace | None) -> list[Finding]:
    file = settings.hypothesis[0]
    if traced is None or traced.written_by or is_package(file):
        return []
    message = f"not what '{traced.system.name}' wrote in {settings.run}. Were the translations changed afterwards?"
    return [Finding("warning", "run", file, 0, message)]


def _plain(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "file": str(finding.file)}
