"""Find the token stores of a binarized folder by their names: `{split}.{name}.{languages}.{lang}.{bin,idx}`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from vega.directions import Direction
from vega.errors import UserError
from vega.leakage_report import check_training_text
from vega.token_store import TokenStore, set_name


class Sides(NamedTuple):
    """A set in one direction; `tag` says how its text was made, "" = by people."""

    name: str
    source: TokenStore
    target: TokenStore
    tag: str


class Side(NamedTuple):
    """One language of a set of genuine text; `label` tells it from others of its name in the language."""

    name: str
    label: str
    text: TokenStore


class DataFolder:
    """Opens each file once, however many directions read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stores: dict[Path, TokenStore] = {}

    def sets(self, split: str) -> list[tuple[str, list[str]]]:
        """Name and languages of each set of a split; `test.news` is only the set `news`."""
        split, _, only = split.partition(".")
        found = {
            (name, group)
            for path in self.path.glob(f"{split}.*.idx")
            for _, name, group, _, _ in [path.name.split(".")]
            if only in ("", name)
        }
        return [(name, group.split("-")) for name, group in sorted(found)]

    def bitexts(self, split: str, direction: Direction) -> Iterator[Sides]:
        """Every set of the split that has both languages and may be read in this direction; UserError if none."""
        forbidden = []
        found = False
        for name, languages in self.sets(split):
            if direction.source not in languages or direction.target not in languages:
                continue
            prefix = set_name(split.partition(".")[0], name, languages)
            described = self._described.get(prefix, {})
            allowed = described.get("directions") or [str(direction)]
            if str(direction) not in allowed:
                forbidden.append(f"{name} is for {', '.join(allowed)} only")
                continue
            found = True
            source, target = (self._open(self.path / f"{prefix}.{code}") for code in direction)
            yield Sides(name, source, target, described.get("tag", ""))
        if not found:
            raise UserError(
                f"{self.path}: no {split} text for {direction}. It has: {self._inventory(split)}"
                f"{''.join(f'; {reason}' for reason in forbidden)}. Add text, or leave the direction out."
            )

    def languages(self, split: str) -> list[str]:
        """Those that a split has genuine text in, sorted."""
        return sorted({code for _, languages in self._genuine(split) for code in languages})

    def texts(self, split: str, code: str) -> list[Side]:
        """One language of every set of the split that has it, parallel or not; text that models made is left out."""
        having = [(name, languages) for name, languages in self._genuine(split) if code in languages]
        names = [name for name, _ in having]
        sides = []
        for name, languages in having:
            label = name if names.count(name) == 1 else f"{name}.{'-'.join(languages)}"
            prefix = set_name(split.partition(".")[0], name, languages)
            sides.append(Side(name, label, self._open(self.path / f"{prefix}.{code}")))
        return sides

    def _genuine(self, split: str) -> list[tuple[str, list[str]]]:
        return [
            (name, languages)
            for name, languages in self.sets(split)
            if not self._described.get(set_name(split.partition(".")[0], name, languages), {}).get("tag")
        ]

    def no_text(self, split: str, wanted: str) -> UserError:
        """The error that a split has nothing of what is wanted."""
        return UserError(f"{self.path}: no {split} text for {wanted}. It has: {self._inventory(split)}.")

    def check_leakage(self, split: str, directions: Iterable[Direction]) -> None:
        """UserError unless the leakage report in the folder covers all text of a split in these directions."""
        pairs = [{direction.source, direction.target} for direction in directions]

        def reads(code: str, group: Sequence[str]) -> bool:
            return any(code in pair and pair <= set(group) for pair in pairs)

        self._check(split, self.sets(split), reads)

    def check_leakage_of_texts(self, split: str, codes: Iterable[str]) -> None:
        """UserError unless the leakage report in the folder covers all genuine text of a split in these languages."""
        wanted = set(codes)
        self._check(split, self._genuine(split), lambda code, _: code in wanted)

    def _check(
        self, split: str, sets: Iterable[tuple[str, list[str]]], reads: Callable[[str, Sequence[str]], bool]
    ) -> None:
        sides = [
            (set_name(split.partition(".")[0], name, languages), code)
            for name, languages in sets
            for code in languages
            if reads(code, languages)
        ]
        check_training_text(self.path, sides)

    @cached_property
    def _described(self) -> dict[str, dict[str, Any]]:
        """What data.json says of each set `split.name.languages`; earlier folders say nothing of tags."""
        path = self.path / "data.json"
        try:
            sets = json.loads(path.read_text(encoding="utf-8"))["sets"]
            return {set_name(each["split"], each["name"], each["languages"]): each for each in sets}
        except FileNotFoundError:
            return {}
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: does not describe the sets ({error}). Run `vega binarize` again.") from None

    def _open(self, prefix: Path) -> TokenStore:
        if prefix not in self._stores:
            self._stores[prefix] = TokenStore(prefix)
        return self._stores[prefix]

    def _inventory(self, split: str) -> str:
        return ", ".join(f"{name} ({'-'.join(languages)})" for name, languages in self.sets(split)) or "nothing"
