import json
from pathlib import Path

import numpy as np
import pytest

from data_pipeline.filters import build_filters
from data_pipeline.filters import similarity as similarity_module
from data_pipeline.filters.encoder import Encoder
from vega.errors import UserError

ROWS = [
    {"en": "aa bb", "de": "aa bb", "cs": "cc"},
    {"en": "cc", "de": "bb aa bb cc", "cs": "aa"},
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence encoder of random weights in the format of LaBSE and e5: BERT of one layer, mean pooling."""
    pytest.importorskip("sentence_transformers")
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "aa", "bb", "cc"]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(1)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    transformers.BertModel(transformers.BertConfig(vocab_size=len(words), **size)).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    modules = [("", "sentence_transformers.models.Transformer"), ("1_Pooling", "sentence_transformers.models.Pooling")]
    parts = [{"idx": n, "name": str(n), "path": path, "type": kind} for n, (path, kind) in enumerate(modules)]
    (folder / "modules.json").write_text(json.dumps(parts))
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def test_the_score_is_the_cosine_of_the_embeddings(model: Path) -> None:
    rule = Encoder(model=model, min_similarity=0.9, batch=2)
    vectors = {text: rule.embed([text])[0] for row in ROWS for text in row.values()}
    scores = rule.score_all(ROWS)
    for row, found in zip(ROWS, scores, strict=True):
        cosines = {code: float(np.dot(vectors[row["en"]], vectors[row[code]])) for code in ("de", "cs")}
        assert found == pytest.approx(cosines, abs=1e-3)
    assert scores[0]["de"] == 1.0
    assert rule.margin({"de": 1.0, "cs": 0.9}) == 0.0
    assert not rule.accept({"de": 1.0, "cs": 0.89})


def test_the_prefix_is_part_of_the_line(model: Path) -> None:
    plain, prefixed = (Encoder(model=model, min_similarity=0, prefix=prefix) for prefix in ("", "aa "))
    assert np.allclose(prefixed.embed(["bb"]), plain.embed(["aa bb"]), atol=1e-5)


def test_a_folder_of_another_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sentence-transformers folder"):
        build_filters({"encoder": {"model": str(tmp_path), "min_similarity": 0.5}})


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "modules.json").write_text("[]")
    monkeypatch.setattr(similarity_module.importlib.util, "find_spec", lambda module: None)
    with pytest.raises(UserError, match=r"pip install 'vega-mt\[encoder\]'"):
        build_filters({"encoder": {"model": str(tmp_path), "min_similarity": 0.5}})
