"""Responses that share their prompt's pass have the attention of the pass of their own."""

import pytest
import torch
from tiny_models import FAMILIES, build, inputs

from winnow_attention.last_layer import LastLayer, response_blocks
from winnow_attention.measure import TRUSTED_HALF
from winnow_attention.shared_prompt import CannotShareError, disagreement, run_shared

LENGTHS = (30, 11, 17)
RESPONSES = [
    [int(x) for x in torch.randint(12, 100, (length,), generator=torch.manual_seed(length))]
    for length in LENGTHS
]


def prompt_of(family: str, before: int = 5) -> dict[str, torch.Tensor]:
    return inputs(family, [], before)[0]


def padded() -> torch.Tensor:
    longest = max(LENGTHS)
    return torch.tensor([[*ids, *[1] * (longest - len(ids))] for ids in RESPONSES])


@torch.no_grad()
def oracle(family: str, response: list[int], before: int = 5) -> torch.Tensor:
    """The last layer's attention of the response rows. -> [heads, rows, keys]"""
    tensors, start = inputs(family, response, before)
    return (
        build(family, "eager")(**tensors, output_attentions=True).attentions[-1][0, :, start:],
        start,
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_response_has_the_attention_of_the_eager_oracle(family):
    layer = LastLayer(build(family, "sdpa"))
    found = run_shared(layer, prompt_of(family), padded())
    for row, response in enumerate(RESPONSES):
        expected, start = oracle(family, response)
        [(_, block)] = response_blocks(found, row, start, len(response))
        torch.testing.assert_close(block, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl"])
def test_the_positions_of_another_prompts_images_are_forgotten(family):
    layer = LastLayer(build(family, "sdpa"))
    run_shared(layer, prompt_of(family, 9), padded())
    text = {"input_ids": torch.arange(2, 20)[None], "attention_mask": torch.ones(1, 18).long()}
    found = run_shared(layer, text, padded())
    ids = torch.cat([text["input_ids"], torch.tensor([RESPONSES[0]])], 1)
    whole = build(family, "eager")(input_ids=ids, output_attentions=True).attentions[-1]
    [(_, block)] = response_blocks(found, 0, 18, LENGTHS[0])
    torch.testing.assert_close(block, whole[0, :, 18:], atol=1e-4, rtol=1e-4)


def test_the_image_encoder_and_the_prompt_are_passed_once():
    model = build("llava", "sdpa")
    images, tokens = [], []
    model.model.vision_tower.register_forward_hook(lambda *_: images.append(1))
    first = model.get_decoder().layers[0]
    first.register_forward_pre_hook(lambda _, args: tokens.append(args[0].shape[:2].numel()))
    prompt = prompt_of("llava")
    run_shared(LastLayer(model), prompt, padded())
    assert images == [1]
    assert tokens == [prompt["input_ids"].numel(), len(LENGTHS) * max(LENGTHS)]


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("family", FAMILIES)
def test_in_half_precision_a_shared_pass_stays_near_and_another_prompt_does_not(family, half):
    def cast(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {
            name: one.to(half) if one.is_floating_point() else one for name, one in tensors.items()
        }

    layer = LastLayer(build(family, "sdpa").to(half))
    tensors, start = inputs(family, RESPONSES[0])
    shared = run_shared(layer, cast(prompt_of(family)), padded())
    alone = layer.run(cast(tensors))
    assert disagreement(shared, alone, start, LENGTHS[0]) < TRUSTED_HALF / 5
    other = layer.run(cast(inputs(family, RESPONSES[0], 7)[0]))
    assert disagreement(shared, other, start, LENGTHS[0] - 2) > TRUSTED_HALF


def test_a_disagreement_is_the_share_of_attention_that_moved():
    layer = LastLayer(build("llava", "sdpa"))
    prompt = prompt_of("llava")
    start = prompt["input_ids"].shape[1]
    shared = run_shared(layer, prompt, padded())
    alone = layer.run(inputs("llava", RESPONSES[0])[0])
    assert disagreement(shared, alone, start, LENGTHS[0]) < 1e-4
    other = layer.run(inputs("llava", [*RESPONSES[0][1:], 7])[0])
    assert 0.1 < disagreement(shared, other, start, LENGTHS[0]) <= 1


def test_an_eager_last_layer_shares_nothing():
    layer = LastLayer(build("llava", "sdpa"), eager=True)
    with pytest.raises(CannotShareError, match="runs eagerly"):
        run_shared(layer, prompt_of("llava"), padded())
