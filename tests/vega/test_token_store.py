from pathlib import Path

import numpy as np
import pytest
import torch
from fairseq.data.indexed_dataset import MMapIndexedDatasetBuilder

from vega.errors import UserError
from vega.token_store import TokenStore


def write_with_fairseq(prefix: Path, rows: list[list[int]], dtype: type) -> None:
    builder = MMapIndexedDatasetBuilder(f"{prefix}.bin", dtype)
    for row in rows:
        builder.add_item(torch.tensor(row))
    builder.finalize(f"{prefix}.idx")


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_reads_what_fairseq_writes(tmp_path: Path, dtype: type) -> None:
    rows = [[5, 6, 2], [2], [9, 8, 7, 60000 if dtype != np.int32 else 70000, 2]]
    write_with_fairseq(tmp_path / "x", rows, dtype)
    store = TokenStore(tmp_path / "x")
    assert [store[i].tolist() for i in range(len(store))] == rows
    assert store.sizes.tolist() == [3, 1, 5]
    assert store.num_tokens == 9


def test_a_cut_off_index_is_refused(tmp_path: Path) -> None:
    write_with_fairseq(tmp_path / "x", [[5, 2]] * 10, np.uint16)
    index = tmp_path / "x.idx"
    index.write_bytes(index.read_bytes()[:-7])
    with pytest.raises(UserError, match=r"x\.idx.*cut off"):
        TokenStore(tmp_path / "x")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.idx").write_bytes(b"TNTIDX\x00\x00" * 9)
    (tmp_path / "x.bin").write_bytes(b"")
    with pytest.raises(UserError, match="mmap format"):
        TokenStore(tmp_path / "x")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.idx: no such file"):
        TokenStore(tmp_path / "x")
