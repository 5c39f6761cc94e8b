"""Sampling and learning with shared prompts against the full forward pass, and the loop itself."""

import json

import pytest
import torch

from winnow_reproduction import flops, lean
from winnow_reproduction.architectures import EOS, PAD
from winnow_reproduction.policy_gradient import advantages, epochs, policy_loss
from winnow_reproduction.prompts import load
from winnow_reproduction.shared_prompt import draw, log_probs, sample
from winnow_reproduction.study import Log
from winnow_reproduction.study_data import ROOT, TEST_FAMILIES, held_out_rows

MODEL = ROOT / "models" / "nano"
ROWS = [3, 40, 77, 5]


@pytest.fixture(scope="module")
def nano():
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(MODEL, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return load(held_out_rows(tmp_path_factory.mktemp("study"), seed=9, each=20))


def full_forward(nano, prompts, responses):
    """Log-probabilities by Hugging Face's own forward pass, one response at a time."""
    found = torch.zeros(responses.shape)
    for b, g in torch.cartesian_prod(*map(torch.arange, responses.shape[:2])).tolist():
        start = int(prompts.lengths[b])
        answer = responses[b, g][responses[b, g] != PAD]
        ids = torch.cat((prompts.ids[b, :start], answer)).unsqueeze(0)
        pictures = {} if prompts.pixels is None else {"pixel_values": prompts.pixels[b : b + 1]}
        scores = nano(input_ids=ids, **pictures).logits[0].log_softmax(-1)
        for t, token in enumerate(answer):
            found[b, g, t] = scores[start + t - 1, token]
    return found


@pytest.mark.parametrize("image", [True, False])
def test_log_probs_equal_the_full_forward_pass_and_so_do_their_gradients(nano, data, image):
    prompts = data.batch(ROWS, image)
    responses = sample(nano, prompts, 3, torch.Generator().manual_seed(1), 32)
    weights = torch.randn(responses.shape[:2], generator=torch.Generator().manual_seed(2))
    gradients = []
    for scores in (log_probs(nano, prompts, responses), full_forward(nano, prompts, responses)):
        nano.zero_grad()
        (scores.sum(2) * weights).sum().backward()
        weight = nano.model.language_model.layers[0].self_attn.k_proj.weight
        gradients.append((scores.detach(), weight.grad.clone()))
    torch.testing.assert_close(gradients[0][0], gradients[1][0], atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(gradients[0][1], gradients[1][1], atol=2e-4, rtol=1e-3)


def test_greedy_sampling_takes_the_likeliest_token_of_the_full_forward_pass(nano, data):
    prompts = data.batch(ROWS)
    responses = sample(nano, prompts, 2, None, 32)
    for b in range(len(ROWS)):
        start = int(prompts.lengths[b])
        answer = responses[b, 1][responses[b, 1] != PAD]
        assert answer[-1] == EOS
        ids = torch.cat((prompts.ids[b, :start], answer)).unsqueeze(0)
        logits = lean.logits(nano, ids, prompts.pixels[b : b + 1])[0]
        assert logits[start - 1 : -1].argmax(-1).tolist() == answer.tolist()


def test_tokens_are_drawn_with_their_probabilities():
    logits = torch.tensor([0.5, 0.25, 0.25, 0.0]).log().expand(20_000, -1)
    counts = draw(logits, torch.Generator().manual_seed(0)).bincount(minlength=4)
    assert counts[3] == 0
    assert counts[:3] / 20_000 == pytest.approx([0.5, 0.25, 0.25], abs=0.015)


def test_advantages_and_losses_by_hand():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    # mean 1/4, deviation 1/2 (n - 1): (1 - 1/4) / 1/2 = 3/2, (0 - 1/4) / 1/2 = -1/2
    assert advantages(rewards, "grpo")[0].tolist() == pytest.approx([1.5, -0.5, -0.5, -0.5], 1e-3)
    # reward less the mean of the other three: 1 - 0, 0 - 1/3
    assert advantages(rewards, "rloo")[0].tolist() == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])
    scores = torch.tensor([[[-1.0, -2.0], [-4.0, 0.0]]])
    advantage = torch.tensor([[1.0, -1.0]])  # -3 x 1 + -4 x -1 = 1
    assert policy_loss(scores, advantage, "grpo", 3).item() == pytest.approx(-1 / 3)
    assert policy_loss(scores, advantage, "rloo", 3).item() == pytest.approx(-1 / 2)


def test_every_row_comes_once_per_epoch_and_the_order_hangs_on_the_seed():
    batches = epochs([1, 2, 3, 4, 5], 2, seed=7)
    line = [row for _ in range(5) for row in next(batches)]
    assert sorted(line[:5]) == sorted(line[5:]) == [1, 2, 3, 4, 5]
    again = epochs([1, 2, 3, 4, 5], 2, seed=7)
    assert [row for _ in range(5) for row in next(again)] == line


def test_operations_are_counted_from_shapes(nano):
    cost = flops.cost_of(nano)
    # 3 layers of four 96 x 96 and three 96 x 192 matrices; 393 words
    assert cost.token == 2 * 3 * (4 * 96 * 96 + 3 * 96 * 192)
    assert cost.head == 2 * 96 * 393
    assert cost.context == 4 * 96 * 3
    read = cost.picture + 10 * (cost.token + 5 * cost.context)
    decoded = 8 * (cost.token + 11 * cost.context + cost.head)
    assert flops.sampling(cost, 1, 10, 4, 2) == pytest.approx(read + decoded)


def test_the_test_set_has_six_families_in_equal_parts(tmp_path, data):
    assert len(TEST_FAMILIES) == 6 and len(data) == 120
    truth = tmp_path / "test-9-20" / "truth.jsonl"
    held_out_rows(tmp_path, seed=9, each=20)
    families = [json.loads(line)["family"] for line in truth.read_text().splitlines()]
    for i, names in enumerate(TEST_FAMILIES.values()):
        assert set(families[i * 20 : i * 20 + 20]) <= set(names)


def test_a_log_is_cut_back_to_its_checkpoint(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    log.write({"step": 1})
    size = log.size()
    log.write({"step": 2})
    log.cut(size)
    assert log.path.read_text() == '{"step": 1}\n'
