"""The language table: code, name, script, tag. A new language is one new row."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from vega.errors import UserError


@dataclass(frozen=True)
class Language:
    """One language. `script` is a Unicode script name; `bleu_tokenizer` is sacreBLEU's for this target."""

    code: str
    name: str
    script: str
    bleu_tokenizer: str = "13a"

    @property
    def tag(self) -> str:
        """The dictionary symbol that marks this language, as fairseq's multilingual tasks write it."""
        return f"__{self.code}__"


LANGUAGES = {
    language.code: language
    for language in (
        Language("cs", "Czech", "Latin"),
        Language("de", "German", "Latin"),
        Language("en", "English", "Latin"),
        Language("es", "Spanish", "Latin"),
        Language("fr", "French", "Latin"),
        Language("ja", "Japanese", "Japanese", "ja-mecab"),
        Language("ko", "Korean", "Hangul", "char"),
        Language("ru", "Russian", "Cyrillic"),
        Language("uk", "Ukrainian", "Cyrillic"),
        Language("zh", "Chinese", "Han", "zh"),
    )
}

#: Written without spaces between words: length counts characters.
UNSEGMENTED = frozenset(code for code, row in LANGUAGES.items() if row.script in ("Han", "Japanese"))


def language(code: str) -> Language:
    """The row for `code`, or a UserError that names the nearest known code."""
    if code not in LANGUAGES:
        near = difflib.get_close_matches(code, LANGUAGES, n=1, cutoff=0.3)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise UserError(
            f"Unknown language '{code}'.{hint} Known: {', '.join(LANGUAGES)}. "
            "A new language is one row in vega/languages.py."
        )
    return LANGUAGES[code]
