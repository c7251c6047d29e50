"""Lines in another language than the target."""

from __future__ import annotations

from collections.abc import Sequence

from eval.analysis.check import Check
from vega.language_id import language_shares

#: Share of the target against the most probable other language, and characters (ja, zh: a third), below which a line
#: is wrong, and not judged; those of cleaning's `language_id`.
_SHARE, _CHARACTERS = 0.1, 30


class WrongLanguage(Check):
    """Lines that fastText's language identifier takes for another language, of 30 characters or more (ja, zh: 10).

    Lines are judged of which the reference is not so taken. Copied lines are in the wrong language too.
    """

    name = "wrong_language"

    def lines_to_judge(self) -> Sequence[int]:
        shares = language_shares(self.text.reference, self.text.target_language, _CHARACTERS)
        return [line for line, share in enumerate(shares) if share >= _SHARE and self.text.reference[line].strip()]

    def is_faulty(self, line: int, output: str) -> bool:
        return language_shares([output], self.text.target_language, _CHARACTERS)[0] < _SHARE

    def faulty(self, output: Sequence[str]) -> list[int]:
        shares = language_shares(output, self.text.target_language, _CHARACTERS)
        return [line for line in sorted(self.judged) if shares[line] < _SHARE]
