"""What a model sees of batches, to be compared."""

from __future__ import annotations

from typing import Any

from fairseq_plugins.data.block_iterator import BlockBatchIterator


def content(batch: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All that the model sees, whatever the order of rows."""
    inputs = batch["net_input"]
    tensors = (batch["id"], inputs["src_tokens"], inputs["prev_output_tokens"], batch["target"])
    return sorted(zip(*(tensor.tolist() for tensor in tensors), strict=True))


def texts(iterator: BlockBatchIterator, epochs: int) -> list[Any]:
    return [content(batch) for _ in range(epochs) for batch in iterator.next_epoch_itr()]
