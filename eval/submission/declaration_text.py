"""The declaration for people: declaration.json as Markdown, to paste into a system description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def render(content: Mapping[str, Any]) -> str:
    """The whole page; every number is one of `content`."""
    return "\n".join([*_head(content), *_run(content)]).rstrip() + "\n"


def _head(content: Mapping[str, Any]) -> Iterator[str]:
    said = content["submission"]
    yield f"# {said['system']}: constrained-track declaration"
    yield ""
    yield f"Team {said['team']}, {said['direction']}." if said["team"] else f"Direction {said['direction']}."
    yield f"{said['segments']:,} segments in {said['documents']:,} documents of `{said['input']}`."
    yield f"Submitted file `{said['output']}`, SHA-256 {said['output_sha256']}."
    yield f"Checks: {said['warnings']} warnings, recorded in `{said['checks']}`."
    yield ""


def _run(content: Mapping[str, Any]) -> Iterator[str]:
    if not content.get("run"):
        return
    written = content["written_by"]
    how = f"as its stage `{written}` wrote them" if written else "not as the run wrote them: they were changed, or made"
    end = "" if written else " elsewhere"
    yield f"Made by the system `{content['run_system']}` of the run `{content['run']}`, {how}{end}."
    yield ""
    yield from _text(content["text"])
    yield from _pretrained(content["pretrained_models"])
    yield from _models(content)
    yield from _trainings(content["trainings"])
    yield from _steps(content)
    yield "## Software"
    yield ""
    yield ", ".join(f"{name} {' and '.join(numbers)}" for name, numbers in content["software"].items()) + "."
    yield ""
    yield "## Recipe"
    yield ""
    yield f"SHA-256 {content['recipe']['sha256']}."
    yield ""
    yield f"```yaml\n{content['recipe']['text'].rstrip()}\n```"


def _text(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Training text"
    yield ""
    if not rows:
        yield "None: the system was not trained."
        yield ""
        return
    head = ("corpus", "languages", "kind", "lines", "lines after cleaning", "bytes after cleaning", "tokens", "trained")
    yield from _table(
        head,
        [
            (
                row["name"], ", ".join(row["languages"]), row["kind"], _number(row["lines_read"]),
                _number(row["lines_kept"]), _by_language(row["bytes_kept"]), _by_language(row["tokens"]),
                _number(row["trained_tokens"]),
            )
            for row in rows
        ],
    )  # fmt: skip
    yield ""
    yield "Tokens are pieces of the vocabulary with ends of sentences; trained: target tokens that training consumed."
    yield ""
    for row in rows:
        for file in row["files"]:
            size = f", {file['bytes']:,} bytes" if file["bytes"] is not None else ""
            yield f"- {row['name']}: `{file['path']}`{size}, SHA-256 {file['sha256']}"
        if row["mtdata"]:
            yield f"- {row['name']}: mtdata {', '.join(row['mtdata'])}"
    yield ""


def _pretrained(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Pre-trained models"
    yield ""
    yield from ([f"- {model['name']}: {model['origin']}; {model['use']}" for model in models] or ["None."])
    yield ""


def _models(content: Mapping[str, Any]) -> Iterator[str]:
    yield "## Submitted model"
    yield ""
    many = len(content["models"]) > 1
    head = ("model", "stage", "architecture", "parameters", "updates")
    if content["models"]:
        rows = [
            (m["name"], m["stage"], m["arch"] or "?", _number(m["parameters"]), _number(m["update"]))
            for m in content["models"]
        ]
        yield from _table(head, rows)
        yield ""
    else:
        yield f"None: kind `{content['kind']}`."
    if many:
        yield f"{len(content['models'])} models translate together, {content['parameters']:,} parameters in all."
    vocabulary = [
        f"{each['kind']}, {each.get('size', 0):,} pieces ({each.get('model_type', '')})"
        for each in content["vocabulary"]
    ]
    yield f"Vocabulary: {'; '.join(vocabulary) or 'none'}. Search: {_pairs(content['decoding'])}."
    yield ""


def _trainings(trainings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Trainings"
    yield ""
    for each in trainings:
        rest = {key: value for key, value in each.items() if key not in ("stage", "command", "starts_from", "seconds")}
        yield f"- `{each['stage']}` from {each['starts_from']}, {each['seconds']:,.0f} s: {_pairs(rest)}"
    yield "" if trainings else "None.\n"


def _steps(content: Mapping[str, Any]) -> Iterator[str]:
    yield "## Ensembles, averages and other steps"
    yield ""
    for each in content["steps"]:
        rest = {key: value for key, value in each.items() if key not in ("stage", "command")}
        yield f"- `{each['stage']}` ({each['command']}): {_pairs(rest)}"
    yield "" if content["steps"] else "None.\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _by_language(values: Mapping[str, int | None] | None) -> str:
    return ", ".join(f"{code} {_number(value)}" for code, value in (values or {}).items())


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in values.items() if value not in (None, [], {}, ""))


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(f"{name}={each}" for name, each in value.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
