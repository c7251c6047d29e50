"""Arithmetic about memory: what one training process holds, by how training is spread and what is recomputed.

D width, F feed-forward width, V vocabulary, H heads, N tokens of a batch, w bytes of a number in computation (2 in 16
bit). A batch counts N source and as many target tokens, padding included. Activations, loss and communication are those
of the fuller of two moments: the end of the forward pass, inside the loss, or backward through the last layer. The
optimizer comes later and works parameter by parameter, within what they leave. Tests hold all this to what torch keeps.
vega_e2s2 puts a batch's sentences through the model as they are and corrupted, at once; vega_fsam holds which weights
it moved, and from where.
"""

from __future__ import annotations

from vega.estimates import SENTENCE_TOKENS
from vega.model_sizes import ModelSize
from vega.settings import VEGA_E2S2, VEGA_FSAM, E2s2, Fsam, TrainerOptions, TrainOptions
from vega.settings.leash import Leash
from vega.settings.methods import ONCE, Passes

#: Bytes of Adam's two moments per parameter. 8 bit: blocks of 256 numbers with a scale in fp32.
MOMENTS = {"fp32": 8.0, "bf16": 4.0, "8bit": 2 * (1 + 4 / 256)}
#: Bytes per parameter of the moving average (`ema_decay`), and of the start that `leash.l2` pulls to, in fp32.
AVERAGE_BYTES = LEASH_BYTES = 4
NO_LEASH = Leash.model_construct()
#: The only losses that never hold the logits of a whole batch, and the only ones that let layers leave padding out.
FUSED_LOSSES = ("vega_label_smoothed_cross_entropy", VEGA_E2S2)
#: Numbers in one chunk of that loss (`CHUNK_ENTRIES` of vega.ops.cross_entropy, which needs torch), bytes for each.
LOSS_CHUNK, LOSS_CHUNK_BYTES = 1 << 22, 8
#: Numbers that fairseq's legacy_ddp collects before it reduces gradients.
DDP_BUFFER = 1 << 28


def training_memory(size: ModelSize, vocabulary: int, train: TrainerOptions, precision: str) -> dict[str, int]:
    """Bytes of one process: weights, gradients, optimizer, communication, activations, loss, their total, and host.

    `precision` is fp32, fp16 or bf16. With `cpu_offload` the first three lie in host memory, and only `host` has them.
    Any optimizer is counted like Adam, the largest of the common ones.
    """
    width = 4 if precision == "fp32" else 2
    sharded = train.sharding != "none"
    states = _states(size.num_parameters(vocabulary), train, width)
    host = 0
    if sharded and train.cpu_offload:
        host, states = sum(states.values()), dict.fromkeys(states, 0)
    states["weights"] += width * size.num_parameters(vocabulary) if _leash(train).kl else 0  # on the device, whole
    memory = {**states, **_fullest_moment(size, vocabulary, train, width)}
    return {**memory, "total": sum(memory.values()), "host": host}


def _states(parameters: int, train: TrainerOptions, width: int) -> dict[str, int]:
    """What is held between updates, and gradients."""
    moments = MOMENTS[train.adam_states] + (fsam_bytes(train.fsam or Fsam()) if train.optimizer == VEGA_FSAM else 0)
    moments += AVERAGE_BYTES if train.ema_decay else 0
    moments += LEASH_BYTES if _leash(train).l2 else 0
    if train.sharding != "none":  # vega_fsdp: all fp32 but the moments, divided evenly
        share = -(-parameters // shards(train))
        return {"weights": 4 * share, "gradients": 4 * share, "optimizer": round(moments * share)}
    copies = 8 if width == 2 else 0  # in 16 bit fairseq's optimizer also holds weights and gradients in fp32
    optimizer = round((moments + copies) * parameters)
    return {"weights": width * parameters, "gradients": width * parameters, "optimizer": optimizer}


def _leash(train: TrainerOptions) -> Leash:
    found = train.leash if isinstance(train, TrainOptions) else None
    return found or NO_LEASH


def fsam_bytes(search: Fsam) -> float:
    """Bytes per parameter of vega_fsam beyond Adam's, while weights are moved (`vega.methods.fsam`).

    Of each moved weight its place (8 bytes, none where all are moved) and what it was (4); with a period also the
    direction to follow and what it is made of (12).
    """
    places = 8 if search.density < 1 else 0
    return search.density * (places + 4 + (12 if search.period > 1 else 0))


def passes_of(train: TrainerOptions) -> Passes:
    """How often a batch is in memory."""
    return (train.e2s2 or E2s2()).passes if train.criterion == VEGA_E2S2 else ONCE


def shards(train: TrainerOptions) -> int:
    """Processes that share one copy of the model."""
    if train.sharding == "none":
        return 1
    return train.processes // train.nodes if train.sharding == "hybrid" else train.processes


def _fullest_moment(size: ModelSize, vocabulary: int, train: TrainerOptions, width: int) -> dict[str, int]:
    fused = train.criterion in FUSED_LOSSES
    passes = passes_of(train)
    forward, backward = communication_bytes(size, vocabulary, train, width)
    recompute = train.activation_checkpointing
    kept = kept_bytes(size, train.max_tokens, recompute, width, packed=fused, passes=passes)
    rebuilt = working_bytes(size, train.max_tokens * passes.decoder, recompute, width, packed=fused)
    losses = loss_bytes(size, vocabulary, train.max_tokens, width, fused=fused)
    loss, its_gradient = (passes.decoder * part for part in losses)
    moments = [
        {"communication": forward, "activations": kept, "loss": loss},
        {"communication": backward, "activations": kept + rebuilt, "loss": its_gradient},
    ]
    return max(moments, key=lambda parts: sum(parts.values()))


def communication_bytes(size: ModelSize, vocabulary: int, train: TrainerOptions, width: int) -> tuple[int, int]:
    """At the end of the forward pass, and in backward.

    vega_fsdp gathers embedding and final norms from the forward pass to the end of backward, where they have a whole
    gradient. Of layers it gathers the running one and `--prefetch-layers` ahead, and one more while it is copied. Of
    gradients it holds the running layer's, one layer being sent, and what arrives, also in fp32. Without sharding,
    fairseq's legacy_ddp has one buffer.
    """
    if train.sharding == "none":
        buffer = width * min(DDP_BUFFER, size.num_parameters(vocabulary)) if train.processes > 1 else 0
        return buffer, buffer
    options = {name.replace("-", "_"): value for name, value in train.extra.items()}
    root = vocabulary * size.width + 4 * size.width
    encoder, decoder = layer_parameters(size)
    everything = size.encoder_layers * encoder + size.decoder_layers * decoder
    stays = bool(options.get("no_reshard_after_forward"))
    layers = everything if stays else (2 + int(options.get("prefetch_layers", 1))) * decoder
    reduced = 4 if options.get("fp32_reduce_scatter") else width
    in_flight = decoder * (width + reduced) + decoder * (reduced + 4) // shards(train)
    return width * (root + everything * stays), width * (2 * root + layers) + in_flight


def layer_parameters(size: ModelSize) -> tuple[int, int]:
    """Parameters of one encoder and of one decoder layer."""
    feed_forward = 2 * size.width * size.ffn_width + size.ffn_width + size.width
    attention, norm = 4 * size.width**2 + 4 * size.width, 2 * size.width
    return attention + feed_forward + 2 * norm, 2 * attention + feed_forward + 3 * norm


def kept_bytes(size: ModelSize, tokens: int, recompute: str, width: int, *, packed: bool, passes: Passes = ONCE) -> int:
    """Activations that wait for backward, for `tokens` source and as many target tokens, each as often as `passes` say.

    "none": `_encoder_layer` and `_decoder_layer`, and the joined projections' copies of weights (3 D^2 for
    self-attention, 2 D^2 more with cross-attention). "selective": a layer's input and the results of its matrix
    products and attention. "full": its input. Besides, dropout of embeddings (D bytes) and final norms (2 w D).
    """
    d, f = size.width, size.ffn_width
    source, target = tokens * passes.encoder, tokens * passes.decoder
    normalizers = 4 * size.heads + _scores(size, width, packed, 1.0)
    if recompute == "none":
        encoder = source * _encoder_layer(size, width, packed) + 3 * width * d * d
        decoder = target * _decoder_layer(size, width, packed) + 5 * width * d * d
    elif recompute == "selective":
        encoder = source * (width * (7 * d + f) + normalizers)
        decoder = target * (width * (12 * d + f) + 2 * normalizers)
    else:
        encoder, decoder = source * width * d, target * width * d
    ends = (source + target) * (2 * width * d + d)
    return size.encoder_layers * encoder + size.decoder_layers * decoder + ends


def working_bytes(size: ModelSize, tokens: int, recompute: str, width: int, *, packed: bool) -> int:
    """What backward adds to it in the last layer: what it recomputes, and gradients of its largest results."""
    gradients = tokens * width * (2 * size.ffn_width + 4 * size.width)
    if recompute == "none":
        return gradients
    return gradients + tokens * _decoder_layer(size, width, packed) + 5 * width * size.width**2


def _encoder_layer(size: ModelSize, width: int, packed: bool) -> int:
    """Bytes per token. Norms keep input and output (w D each), dropout a byte per number; attention keeps queries,
    keys, values (3 w D), its result with and without padding (2 w D) and fp32 normalizers (4 H); feed-forward w F.
    """
    scores = 4 * size.heads + _scores(size, width, packed, 2.5)
    return width * (9 * size.width + size.ffn_width) + 2 * size.width + scores


def _decoder_layer(size: ModelSize, width: int, packed: bool) -> int:
    """Bytes per token; cross-attention adds a norm, queries, a result, and keys and values of a source token."""
    scores = 4 * size.heads + _scores(size, width, packed, 2.5)
    return _encoder_layer(size, width, packed) + width * 7 * size.width + size.width + scores


def _scores(size: ModelSize, width: int, packed: bool, copies: float) -> int:
    """Attention scores per token, which only fairseq's own layers keep: of w H S bytes, one copy as a product, with
    softmax and dropout 2.5 (Korthikanti et al. 2022, arXiv 2205.05198, section 4.1)."""
    return 0 if packed else round(copies * width * size.heads * SENTENCE_TOKENS)


def loss_bytes(size: ModelSize, vocabulary: int, tokens: int, width: int, *, fused: bool) -> tuple[int, int]:
    """Loss and output projection of `tokens` target tokens: inside the forward pass, and as backward begins.

    Fused: gradients of the decoder's output (w N D) and of the embedding (V D), the latter in fp32, in 16 bit with two
    more copies (w + 4 bytes) while a chunk is added. fairseq's: V numbers in fp32, twice, per token.
    """
    if not fused:
        return 8 * vocabulary * tokens, 8 * vocabulary * tokens
    output, embedding = width * tokens * size.width, vocabulary * size.width
    chunk = LOSS_CHUNK_BYTES * min(max(LOSS_CHUNK, 16 * vocabulary), tokens * vocabulary)
    return output + embedding * (4 if width == 4 else 10) + chunk, output
