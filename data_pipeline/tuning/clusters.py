"""Domains that nobody has labelled: clusters of sentence vectors, by k-means.

Sentences of one domain share words, so weighted pieces of words, projected to few dimensions (latent semantic
analysis), tell domains apart. With e5 meaning counts too, at 30 lines per second and core.
Aharoni and Goldberg 2020 (arXiv 2004.02105) found domains in this way, with vectors of pre-trained language models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_pipeline.filters.pair_similarity import PairSimilarity
from vega.errors import UserError

#: Lines that the clusters are found on; others join the nearest.
FIT_LINES = 50_000
#: Dimensions of projected vectors, and buckets of the pieces of words.
_DIMENSIONS, _BUCKETS = 128, 1 << 18
#: Beginnings of k-means, the best is kept.
_BEGINNINGS = 4


class Clusters:
    """Fitted on some sentences of one language, it says the cluster of any. The same for any number of threads."""

    def __init__(self, texts: Sequence[str], count: int, vectors: str, seed: int) -> None:
        """UserError where there are fewer different sentences than clusters."""
        sample = sorted(set(texts))
        if len(sample) < count:
            raise UserError(f"clusters: {len(sample)} different sentences cannot be {count} domains. Ask for fewer.")
        order = np.random.default_rng(seed).permutation(len(sample))[:FIT_LINES]
        sample = [sample[place] for place in sorted(order)]
        try:
            from sklearn.cluster import KMeans
        except ImportError:
            raise UserError("Finding domains needs scikit-learn: pip install 'vega-mt[domains]'.") from None
        self._vectors = _e5 if vectors == "e5" else _Words(sample, seed)
        with _one_thread():
            found = KMeans(count, n_init=_BEGINNINGS, random_state=seed).fit(self._vectors(sample))
        self._centres = found.cluster_centers_

    def of(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """The nearest cluster of each sentence, (N,)."""
        if not texts:
            return np.zeros(0, np.int32)
        with _one_thread():
            vectors = np.asarray(self._vectors(texts))
            # ||v - c||^2 without ||v||^2, which is the same for all centres
            distances = (self._centres**2).sum(1) - 2 * vectors @ self._centres.T
        nearest: NDArray[np.int32] = distances.argmin(1).astype(np.int32)
        return nearest


class _Words:
    """TF-IDF of hashed pieces of words, projected by a truncated SVD, of length 1."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import Normalizer

        pieces = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=_BUCKETS, alternate_sign=False)
        dimensions = min(_DIMENSIONS, max(2, len(texts) - 1))
        self._steps = make_pipeline(
            pieces, TfidfTransformer(sublinear_tf=True), TruncatedSVD(dimensions, random_state=seed), Normalizer()
        )
        with _one_thread():
            self._steps.fit(texts)

    def __call__(self, texts: Sequence[str]) -> Any:
        return self._steps.transform(texts)


def _e5(texts: Sequence[str]) -> NDArray[np.float32]:
    return PairSimilarity().embed(texts)


def _one_thread() -> Any:
    """The order of additions, and with it the last bits, would depend on the number of threads."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)
