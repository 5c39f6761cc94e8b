"""ACE's column scores of one response, block of rows by block of rows.

    suffix:     log ψ_j = Σ_{i=j..L} (log σ + log A_ij),              columns with L-j+1 >= min_span
    window:     log ψ_j = max_{r>=j} Σ_{i=r..r+w-1} (log σ + log A_ij),           w = min_span
    normalise:  each sum divided by its number of terms

Source: RAP, arXiv 2506.04755, attention confidence estimator; windows, spans and means are
Winnow's. The same numbers as src/estimators/column-scorer.ts.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

TOP = 5
ROW_SUM_TOLERANCE = 0.05


@dataclass(frozen=True)
class OptionSet:
    """How attention becomes ψ. `heads`: mean or max; `span`: suffix or window; `min_span` >= 1."""

    sigma: float = 2.0
    heads: str = "mean"
    min_span: int = 1
    span: str = "suffix"
    normalise: bool = False


@dataclass(frozen=True)
class Scores:
    """What one response's attention comes to; masses in [0, 1], entropy in nats, logs natural."""

    log_psi: dict[str, float]
    column: dict[str, int | None]
    columns: dict[str, list[float]]
    image_mass: float
    entropy: float
    top_mass: float


def combine_heads(probabilities: Tensor, how: str, precise: torch.dtype) -> Tensor:
    """One row out of all heads' rows. [heads, rows, keys] -> [rows, keys]

    mean: (1/H) Σ_h A_h;  max: max_h A_h, divided by its sum over all keys (OPERA, CVPR 2024).
    """
    if how == "mean":
        return probabilities.mean(0, dtype=precise)
    strongest = probabilities.amax(0).to(precise)
    return strongest / strongest.sum(-1, keepdim=True)


def _require_stochastic(first: int, mean: Tensor) -> None:
    """Raises `ValueError` unless every row, from `first` on, sums to 1."""
    off = float((mean.sum(-1) - 1).abs().max())
    if not off <= ROW_SUM_TOLERANCE:
        raise ValueError(
            f"attention rows {first} to {first + len(mean) - 1} should sum to 1 and are off by "
            f"{off}; the model's numbers overflowed, so load it with --dtype float32"
        )


class _SuffixColumns:
    def __init__(self, options: OptionSet, length: int, like: Tensor):
        self.options = options
        self.sums = like.new_zeros(length)

    def add(self, first: int, factors: Tensor, seen: Tensor) -> None:
        self.sums[: factors.shape[1]] += torch.where(seen, factors, 0.0).sum(0)

    def scores(self, length: int) -> Tensor:
        kept = self.sums[: max(0, length - self.options.min_span + 1)]
        terms = length - torch.arange(len(kept), device=kept.device)
        return kept / terms if self.options.normalise else kept


class _WindowColumns:
    def __init__(self, options: OptionSet, length: int, like: Tensor):
        self.options = options
        self.best = like.new_full((length,), -math.inf)
        self.ring = like.new_zeros(0, length)

    def add(self, first: int, factors: Tensor, seen: Tensor) -> None:
        rows, columns = factors.shape
        width = self.options.min_span
        padded = factors.new_full((rows, len(self.best)), -math.inf)
        padded[:, :columns] = factors
        recent = torch.cat([self.ring, padded])
        start = first - len(self.ring)
        self.ring = recent[max(0, len(recent) - width + 1) :] if width > 1 else recent[:0]
        if len(recent) < width:
            return
        sums = recent.unfold(0, width, 1).sum(-1)
        starts = torch.arange(start, start + len(sums), device=sums.device)
        within = torch.arange(len(self.best), device=sums.device) <= starts[:, None]
        found = torch.where(within, sums, -math.inf).amax(0)
        self.best = torch.maximum(self.best, found / width if self.options.normalise else found)

    def scores(self, length: int) -> Tensor:
        return self.best[: max(0, length - self.options.min_span + 1)]


class ColumnScorer:
    """Takes a response's attention in blocks of rows; memory is O(response × min_span)."""

    def __init__(
        self,
        option_sets: dict[str, OptionSet],
        response_start: int,
        length: int,
        image_keys: Tensor,
    ):
        """`image_keys`: [n] positions of the image tokens, on the device of the attention."""
        device = image_keys.device
        # MPS has no double precision.
        self.precise = torch.float32 if device.type == "mps" else torch.float64
        like = torch.empty(0, dtype=self.precise, device=device)
        kinds = {"suffix": _SuffixColumns, "window": _WindowColumns}
        self.sets = {
            name: kinds[options.span](options, length, like)
            for name, options in option_sets.items()
        }
        self.start = response_start
        self.length = length
        self.image_keys = image_keys
        self.masses = like.new_zeros(3)

    def add_block(self, first: int, probabilities: Tensor) -> None:
        """Rows first, first+1, … of the response.

        [heads, rows, keys], keys = response_start + first + rows, 0 where a row does not see.
        """
        rows, keys = probabilities.shape[1:]
        mean = combine_heads(probabilities, "mean", self.precise)
        _require_stochastic(first, mean)
        self.masses[0] += mean[:, self.image_keys].sum()
        self.masses[1] -= torch.xlogy(mean, mean).sum()
        self.masses[2] += mean.topk(min(TOP, keys), dim=-1).values.sum()
        index = torch.arange(first, first + rows, device=mean.device)
        seen = torch.arange(keys - self.start, device=mean.device) <= index[:, None]
        combined = {"mean": mean}
        for columns in self.sets.values():
            how = columns.options.heads
            if how not in combined:
                combined[how] = combine_heads(probabilities, how, self.precise)
            factors = combined[how][:, self.start :].log() + math.log(columns.options.sigma)
            columns.add(first, factors, seen)

    def finish(self) -> Scores:
        """log ψ(A) = max_j log ψ_j(A), the first of several; -inf without a column that counts."""
        found = {name: columns.scores(self.length).tolist() for name, columns in self.sets.items()}
        best = {name: max(scores, default=-math.inf) for name, scores in found.items()}
        places = {
            name: scores.index(best[name]) if best[name] > -math.inf else None
            for name, scores in found.items()
        }
        image, entropy, top = (self.masses / max(1, self.length)).tolist()
        return Scores(best, places, found, image, entropy, top)
