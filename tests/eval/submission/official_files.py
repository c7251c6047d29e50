"""Small official test sets, and translations that fit them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

#: Documents of (paragraphs of lines, their translations).
DOCUMENTS = [
    [["The weather in Hamburg was bad on Monday.", "It rained & it was cold."], ["Nobody went out for a walk."]],
    [["The committee will meet again next week."], ["It has 3 members < 5.", "They want to decide soon, she says."]],
]
GERMAN = [
    "Das Wetter in Hamburg war am Montag schlecht.", "Es regnete & es war kalt.",
    "Niemand ging hinaus, um spazieren zu gehen.", "Der Ausschuss wird nächste Woche wieder zusammenkommen.",
    "Er hat 3 Mitglieder < 5.", 'Sie wollen "bald" entscheiden, sagt sie.',
]  # fmt: skip


def sides(kind: str, attributes: str, paragraphs: list[list[str]], first: str = "      ") -> str:
    number, lines = 0, [f"{first}<{kind} {attributes}>\n"]
    for paragraph in paragraphs:
        lines.append("        <p>\n")
        for text in paragraph:
            number += 1
            lines.append(f'          <seg id="{number}">{escape(text)}</seg>\n')
        lines.append("        </p>\n")
    return "".join([*lines, f"      </{kind}>\n"])


def official(folder: Path, reference: bool = True, hypothesis: str = "", documents: int = 2) -> Path:
    """Two documents in the layout of the organisers' files, in two collections; with a reference, and a system's."""
    body, place = "", 0
    for number, paragraphs in enumerate(DOCUMENTS[:documents]):
        count = sum(map(len, paragraphs))
        flat = iter(GERMAN[place : place + count])
        place += count
        german = [[next(flat) for _ in paragraph] for paragraph in paragraphs]
        text = sides("src", 'lang="en"', paragraphs)
        if reference:
            text += sides("ref", 'lang="de" translator="A"', german)
        if hypothesis:
            text += sides("hyp", f'system="{hypothesis}" lang="de"', german)
        domain = ' domain="news"' if number == 0 else ""
        body += (
            f'  <collection id="c{number}">\n    <doc origlang="en" id="d&amp;{number}"{domain}>\n{text}    </doc>\n'
        )
        body += "  </collection>\n"
    path = folder / "official.xml"
    path.write_text(
        f"<?xml version='1.0' encoding='utf-8'?>\n<dataset id=\"test\">\n{body}</dataset>\n", encoding="utf-8"
    )
    return path


def long_official(folder: Path, lines: list[str]) -> Path:
    """One document with these lines, without a reference."""
    path = folder / "long.xml"
    text = sides("src", 'lang="en"', [lines])
    path.write_text(f'<dataset id="t"><doc id="d" origlang="en">{text}</doc></dataset>', encoding="utf-8")
    return path


def official_jsonl(folder: Path) -> Path:
    """The same documents for two target languages, as the JSONL of 2025."""
    path = folder / "official.jsonl"
    rows = [
        {
            "dataset_id": "wmttest", "collection_id": "general", "doc_id": f"en-{tag}_#_{number}", "domain": "news",
            "src_lang": "en", "tgt_lang": tag, "src_text": "\n\n".join("\n".join(each) for each in paragraphs),
            "video": None, "extra": {"kept": [1, 2.5, "ü"]}, "refs": {"refA": {"ref": "secret"}},
        }
        for tag in ("de_DE", "cs_CZ") for number, paragraphs in enumerate(DOCUMENTS)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def hypothesis(folder: Path, lines: list[str], name: str = "hyp.de") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
