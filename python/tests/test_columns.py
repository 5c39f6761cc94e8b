"""Column scores against the formulas written out, on hand-worked and on random attention."""

import math

import pytest
import torch

from winnow_attention.columns import ColumnScorer, OptionSet

PAPER = OptionSet()
ROBUST = OptionSet(2.0, "max", 8, "window", True)


def score(attention: torch.Tensor, start: int, sets: dict[str, OptionSet], block: int, image=()):
    """`attention`: [heads, rows, start + rows]"""
    length = attention.shape[1]
    scorer = ColumnScorer(sets, start, length, torch.tensor(image, dtype=torch.long))
    for first in range(0, length, block):
        rows = min(block, length - first)
        scorer.add_block(first, attention[:, first : first + rows, : start + first + rows])
    return scorer.finish()


def written_out(attention: torch.Tensor, start: int, options: OptionSet) -> list[float]:
    """Column scores term by term, from the whole matrix."""
    if options.heads == "mean":
        rows = attention.double().mean(0)
    else:
        rows = attention.double().amax(0)
        rows = rows / rows.sum(-1, keepdim=True)
    matrix = rows[:, start:].tolist()
    length = len(matrix)
    found = []
    for j in range(length - options.min_span + 1):
        factors = [
            math.log(options.sigma) + (math.log(matrix[i][j]) if matrix[i][j] > 0 else -math.inf)
            for i in range(j, length)
        ]
        if options.span == "suffix":
            runs = [factors]
        else:
            width = options.min_span
            runs = [factors[r : r + width] for r in range(len(factors) - width + 1)]
        found.append(max(sum(run) / (len(run) if options.normalise else 1) for run in runs))
    return found


def random_attention(heads: int, rows: int, start: int) -> torch.Tensor:
    scores = torch.randn(heads, rows, start + rows, generator=torch.manual_seed(3)) * 3
    seen = torch.ones(rows, start + rows, dtype=torch.bool).tril(start)
    return scores.masked_fill(~seen, -math.inf).softmax(-1)


def test_a_hand_worked_response():
    # Two heads, one prompt key, two response rows; head means (½, ½) and (¼, ½, ¼).
    attention = torch.tensor([[[0.5, 0.5, 0], [0.5, 0.25, 0.25]], [[0.5, 0.5, 0], [0, 0.75, 0.25]]])
    found = score(attention, 1, {"paper": PAPER}, 1, image=[0])
    assert found.columns["paper"] == pytest.approx([math.log(1 * 1), math.log(0.5)], abs=1e-12)
    assert found.column["paper"] == 0
    assert found.image_mass == pytest.approx((0.5 + 0.25) / 2)
    assert found.entropy == pytest.approx((math.log(2) + 1.5 * math.log(2)) / 2)
    assert found.top_mass == pytest.approx(1)


@pytest.mark.parametrize("block", [1, 5, 64])
@pytest.mark.parametrize("span", ["suffix", "window"])
@pytest.mark.parametrize("heads", ["mean", "max"])
@pytest.mark.parametrize("width", [1, 3, 8])
@pytest.mark.parametrize("normalise", [False, True])
def test_any_options_in_any_blocks_are_the_formula(block, span, heads, width, normalise):
    options = OptionSet(1.7, heads, width, span, normalise)
    attention = random_attention(3, 21, 4)
    attention[:, 12, 4 + 2] = 0  # a zero inside a column
    attention /= attention.sum(-1, keepdim=True)
    expected = written_out(attention, 4, options)
    found = score(attention, 4, {"one": options}, block)
    assert found.columns["one"] == pytest.approx(expected, abs=1e-9)
    assert found.log_psi["one"] == pytest.approx(max(expected), abs=1e-9)
    assert found.column["one"] == expected.index(max(expected))


def test_a_response_shorter_than_the_span_has_no_column():
    found = score(random_attention(2, 5, 3), 3, {"robust": ROBUST}, 2)
    assert found.log_psi["robust"] == -math.inf
    assert found.column["robust"] is None
    assert found.columns["robust"] == []


def test_rows_that_are_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="should sum to 1"):
        score(random_attention(2, 5, 3) * 2, 3, {"paper": PAPER}, 2)
    with pytest.raises(ValueError, match="--dtype float32"):
        score(random_attention(2, 5, 3) * math.nan, 3, {"paper": PAPER}, 2)
