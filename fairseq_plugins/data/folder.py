"""Find the token stores of a binarized folder by their names: `{split}.{name}.{languages}.{lang}.{bin,idx}`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vega.directions import Direction
from vega.errors import UserError
from vega.token_store import TokenStore


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

    def bitexts(self, split: str, direction: Direction) -> Iterator[tuple[str, TokenStore, TokenStore]]:
        """Name, source side and target side of every set of the split that has both languages."""
        found = False
        for name, languages in self.sets(split):
            if direction.source in languages and direction.target in languages:
                found = True
                prefix = f"{split.partition('.')[0]}.{name}.{'-'.join(languages)}"
                yield (
                    name,
                    self._open(self.path / f"{prefix}.{direction.source}"),
                    self._open(self.path / f"{prefix}.{direction.target}"),
                )
        if not found:
            raise UserError(f"{self.path}: no {split} text for {direction}. It has: {self._inventory(split)}.")

    def _open(self, prefix: Path) -> TokenStore:
        if prefix not in self._stores:
            self._stores[prefix] = TokenStore(prefix)
        return self._stores[prefix]

    def _inventory(self, split: str) -> str:
        return ", ".join(f"{name} ({'-'.join(languages)})" for name, languages in self.sets(split)) or "nothing"
