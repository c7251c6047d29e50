"""Find the token stores of a binarized folder by their names: `{split}.{name}.{languages}.{lang}.{bin,idx}`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
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

    def check_leakage(self, split: str, directions: Iterable[Direction]) -> None:
        """UserError unless the leakage report in the folder covers all text of a split in these directions."""
        pairs = [{direction.source, direction.target} for direction in directions]
        check_training_text(
            self.path,
            [
                (set_name(split.partition(".")[0], name, languages), code)
                for name, languages in self.sets(split)
                for code in languages
                if any(code in pair and pair <= set(languages) for pair in pairs)
            ],
        )

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
