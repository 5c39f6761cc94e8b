"""Every family's captured attention is the last of output_attentions=True, to 1e-4."""

import pytest
import torch
from tiny_models import FAMILIES, build, inputs

from winnow_attention import last_layer
from winnow_attention.last_layer import LastLayer, response_blocks
from winnow_attention.model import Sequence, collate

RESPONSE = [int(x) for x in torch.randint(12, 100, (30,), generator=torch.manual_seed(1))]


@torch.no_grad()
def oracle(family: str) -> torch.Tensor:
    """The last layer's attention of the response rows. -> [heads, rows, keys]"""
    tensors, start = inputs(family, RESPONSE)
    output = build(family, "eager")(**tensors, output_attentions=True)
    return output.attentions[-1][0, :, start:]


def captured(family: str, eager: bool = False) -> tuple[LastLayer, torch.Tensor]:
    tensors, start = inputs(family, RESPONSE)
    layer = LastLayer(build(family, "sdpa"), eager)
    found = layer.run(tensors)
    whole = torch.zeros(layer.heads, len(RESPONSE), start + len(RESPONSE))
    for first, block in response_blocks(found, 0, start, len(RESPONSE)):
        whole[:, first : first + block.shape[1], : block.shape[2]] = block
    return layer, whole


@pytest.mark.parametrize("family", FAMILIES)
def test_captured_attention_is_the_eager_oracle(family, monkeypatch):
    monkeypatch.setattr(last_layer, "BLOCK_BYTES", 4 * 4 * 50 * 7)  # blocks of a few rows
    layer, found = captured(family)
    assert layer.how == "captured"
    expected = oracle(family)
    assert expected.amax() > 0.3
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_eager_fallback_of_the_last_layer_is_the_oracle_too(family):
    layer, found = captured(family, eager=True)
    assert layer.how == "eager"
    torch.testing.assert_close(found, oracle(family), atol=1e-4, rtol=1e-4)


def test_a_model_that_goes_round_the_attention_functions_falls_back_and_says_so(caplog):
    layer = LastLayer(build("qwen2_5_vl", "sdpa"))
    layer.module.config._attn_implementation = "eager"  # as if it did not ask for a function
    tensors, start = inputs("qwen2_5_vl", RESPONSE)
    [(_, found)] = response_blocks(layer.run(tensors), 0, start, len(RESPONSE))
    assert layer.how == "eager"
    assert "that layer alone runs eagerly" in caplog.text
    torch.testing.assert_close(found, oracle("qwen2_5_vl"), atol=1e-4, rtol=1e-4)


def test_a_last_layer_without_probabilities_is_refused(monkeypatch):
    monkeypatch.setattr(last_layer, "_take_weights", lambda module, args, output: None)
    layer = LastLayer(build("llava", "sdpa"), eager=True)
    with pytest.raises(RuntimeError, match="gives no attention probabilities"):
        layer.run(inputs("llava", RESPONSE)[0])


def test_nothing_but_the_last_layer_is_taken():
    model = build("llava", "sdpa")
    LastLayer(model)
    kinds = [layer.self_attn.config._attn_implementation for layer in model.get_decoder().layers]
    assert kinds == ["sdpa", "sdpa", last_layer.CAPTURE]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_padded_batch_gives_each_response_its_own_attention(family):
    layer = LastLayer(build(family, "sdpa"))
    sizes = ((30, 5), (11, 5), (17, 8))
    asked = [inputs(family, RESPONSE[:count], before) for count, before in sizes]
    sequences = [
        Sequence(
            {name: one for name, one in tensors.items() if one.shape == tensors["input_ids"].shape},
            {name: one for name, one in tensors.items() if one.shape != tensors["input_ids"].shape},
            start,
            False,
        )
        for tensors, start in asked
    ]
    assert len({sequence.kind for sequence in sequences}) == 1
    together = layer.run(collate(sequences, 1))
    for row, (tensors, start) in enumerate(asked):
        length = tensors["input_ids"].shape[1] - start
        [(_, expected)] = response_blocks(layer.run(tensors), 0, start, length)
        [(_, found)] = response_blocks(together, row, start, length)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
