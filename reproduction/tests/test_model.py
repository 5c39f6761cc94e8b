"""Tokenizer, forward pass, ONNX files and training, on random weights."""

import random

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from winnow_reproduction import export_onnx, lean
from winnow_reproduction.architectures import ARCHITECTURES, EOS, IMAGE, IMAGE_TOKENS, PAD
from winnow_reproduction.golden import log_psi
from winnow_reproduction.model import MARKERS, build_model, build_tokenizer, corpus, save
from winnow_reproduction.pretrain import Recipe, Rows, Trainer, to_pixels
from winnow_reproduction.rollouts import OnnxNano, Prompt, answer_in
from winnow_reproduction.scenes import random_scene

UNICODE = (
    "Übergröße, naïve café",
    "∫₀^∞ e^{-x²}dx = √π/2 且 漢字かな交じり",
    "🙂👩‍👩‍👧 \t\r\n  two  spaces ",
    "\\boxed{3} and \\frac{1}{2}$$\\number{24} $$",
    "".join(map(chr, range(32, 0x250))),
)


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer()


@pytest.fixture(scope="session", params=ARCHITECTURES)
def model(request, tokenizer):
    return build_model(len(tokenizer), 3, request.param).eval()


@pytest.fixture(scope="session")
def saved(model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("nano")
    save(model, directory)
    export_onnx.export(model, directory)
    return directory


@pytest.fixture(scope="session")
def scenes():
    rng = random.Random(8)
    return [random_scene(rng, 1, 6) for _ in range(4)]


def session(directory, name):
    return onnxruntime.InferenceSession(directory / "onnx" / f"{name}.onnx")


def inputs(scenes, lengths=(9, 4, 7, 12), seed=0):
    """Right-padded random prompts with a picture each. -> ids [B, T], pixels, mask [B, T]"""
    rng = torch.Generator().manual_seed(seed)
    length = IMAGE_TOKENS + max(lengths)
    ids = torch.full((len(lengths), length), PAD)
    for row, words in enumerate(lengths):
        ids[row, : IMAGE_TOKENS + words] = torch.cat(
            (
                torch.full((IMAGE_TOKENS,), IMAGE),
                torch.randint(len(MARKERS) + 6, 390, (words,), generator=rng),
            )
        )
    return ids, to_pixels(scenes), (ids != PAD).long()


def left_padded(ids, mask):
    rows = [
        torch.cat((row[keep == 0], row[keep == 1]))
        for row, keep in zip(ids, mask.bool().long(), strict=True)
    ]
    return torch.stack(rows), mask.flip(1)


@pytest.mark.parametrize("text", UNICODE)
def test_any_text_survives_the_tokenizer(tokenizer, text):
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_every_word_of_figures_is_one_token(tokenizer):
    for text in corpus(seed=5, size=200):
        words = text.replace("?", " ?").replace(".", " .").replace(",", " ,").split()
        pieces = tokenizer(text).input_ids
        assert len(pieces) <= len(words) + text.count(";") + text.count(":"), text


def test_think_and_box_survive_skipping_special_tokens(tokenizer):
    text = "<think>I see red 2</think> \\boxed{2}"
    ids = [*tokenizer(text).input_ids, EOS]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert len(ids) == 10


def test_the_chat_template_keeps_the_order_of_parts_and_drops_system(tokenizer):
    parts = [{"type": "text", "text": "Look: "}, {"type": "image"}]
    messages = [{"role": "system", "content": "x"}, {"role": "user", "content": parts}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert prompt == "<bos><user>Look: <image><assistant>"
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "yes"}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False)
    assert prompt == "<bos><user>Hi<assistant>yes<eos>"


def test_transformers_loads_and_generates(saved, scenes):
    processor = AutoProcessor.from_pretrained(saved)
    loaded = AutoModelForImageTextToText.from_pretrained(saved)
    assert loaded.num_parameters() < 3_000_000
    picture = torch.zeros(3, 40, 80, dtype=torch.uint8)  # not 64 x 64 on purpose
    batch = processor(
        images=[picture], text=["<bos><user><image>Hi<assistant>"], return_tensors="pt"
    )
    assert (batch["input_ids"] == IMAGE).sum() == IMAGE_TOKENS
    assert batch["pixel_values"].shape == (1, 3, 64, 64)
    out = loaded.generate(**batch, max_new_tokens=4, min_new_tokens=4, do_sample=False)
    assert out.shape[1] == batch["input_ids"].shape[1] + 4


def test_the_lean_forward_pass_equals_transformers(model, scenes):
    ids, pixels, mask = inputs(scenes)
    with torch.no_grad():
        theirs = model(input_ids=ids, pixel_values=pixels, attention_mask=mask).logits
        ours = lean.logits(model, ids, pixels)
    assert (theirs - ours)[mask.bool()].abs().max() < 1e-4


@pytest.mark.parametrize("side", ["right", "left"])
def test_onnx_equals_pytorch_with_padding_and_cache(model, saved, scenes, side):
    ids, pixels, mask = inputs(scenes)
    if side == "left":
        ids, mask = left_padded(ids, mask)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        theirs = model(
            input_ids=ids,
            pixel_values=pixels,
            attention_mask=mask,
            position_ids=positions,
            output_attentions=True,
        )
    embeds = session(saved, "embed_tokens").run(None, {"input_ids": ids.numpy()})[0]
    features = session(saved, "vision_encoder").run(None, {"pixel_values": pixels.numpy()})[0]
    embeds[ids.numpy() == IMAGE] = features.reshape(-1, features.shape[-1])
    decoder = session(saved, "decoder_model_merged")
    caches = [v.name for v in decoder.get_inputs() if v.name.startswith("past")]
    _, heads, _, head = decoder.get_inputs()[-1].shape
    cache = [np.zeros((4, heads, 0, head), np.float32) for _ in caches]
    cut, logits, attentions = ids.shape[1] - 3, [], []
    for start, stop in ((0, cut), (cut, cut + 1), (cut + 1, ids.shape[1])):
        out = decoder.run(
            None,
            {
                "inputs_embeds": embeds[:, start:stop],
                "attention_mask": mask[:, :stop].numpy(),
                "position_ids": positions[:, start:stop].numpy(),
                **dict(zip(caches, cache, strict=True)),
            },
        )
        logits.append(out[0])
        cache, probabilities = out[1:-1], out[-1]
        rest = ids.shape[1] - stop
        attentions.append(np.pad(probabilities, ((0, 0), (0, 0), (0, 0), (0, rest))))
    real = mask.bool().numpy()
    difference = np.abs(np.concatenate(logits, 1) - theirs.logits.numpy())
    assert difference[real].max() < 1e-4
    theirs_last = theirs.attentions[-1].numpy().transpose(0, 2, 1, 3)  # [B, T, h, T]
    ours_last = np.concatenate(attentions, 2).transpose(0, 2, 1, 3)
    assert np.abs(ours_last - theirs_last)[real].max() < 1e-4


def test_grouped_steps_equal_single_ones_and_ignore_the_batch(saved, scenes):
    nano = OnnxNano(saved, threads=1)
    words = ("What color is the circle?", "Hi", "How many objects are there?", "")
    prompts = [Prompt(f"<image>{w}", s) for w, s in zip(words, scenes, strict=True)]
    _, mask, cache = nano.prefill(prompts)
    grouped, rollouts = session(saved, "decoder_step"), 3
    ids = np.random.default_rng(0).integers(9, 390, (2, len(prompts), rollouts))
    position = mask.sum(1, keepdims=True)
    shape = (len(prompts), nano.heads, rollouts, 0, nano.head)
    past = [np.zeros(shape, np.float32) for _ in cache]
    whole, wide = [np.repeat(part, rollouts, 0) for part in cache], np.repeat(mask, rollouts, 0)

    def step(rows, t, past):
        names = [n.removeprefix("past_key_values.") for n in nano.cache_names]
        return grouped.run(
            None,
            {
                "input_ids": ids[t][rows],
                "position_ids": position[rows] + t,
                "prompt_mask": mask[rows],
                **{f"prompt.{n}": part[rows] for n, part in zip(names, cache, strict=True)},
                **{f"past.{n}": part[rows] for n, part in zip(names, past, strict=True)},
            },
        )

    for t in range(2):
        few = step([2, 0], t, past)[0]
        logits, *past = step(slice(None), t, past)
        assert (few == logits[[2, 0]]).all()
        wide = np.concatenate((wide, np.ones((len(wide), 1), np.int64)), 1)
        single, *whole = nano.decoder.run(
            ["logits", *nano.present_names],
            {
                "inputs_embeds": nano.embed.run(None, {"input_ids": ids[t].reshape(-1, 1)})[0],
                "attention_mask": wide,
                "position_ids": np.repeat(position + t, rollouts, 0),
                **dict(zip(nano.cache_names, whole, strict=True)),
            },
        )
        assert np.abs(logits.reshape(single.shape) - single).max() < 1e-4


def test_log_psi_of_a_hand_worked_block():
    attention = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.25, 0.5]])
    # Columns: 2·1 x 2·0.5 x 2·0.25 = 1, 2·0.5 x 2·0.25 = 0.5, 2·0.5 = 1.
    assert torch.allclose(log_psi(attention).exp(), torch.tensor([1.0, 0.5, 1.0]).double())


def test_the_last_box_is_the_answer():
    assert answer_in("<think>\\boxed{1}</think> \\boxed{red}") == "red"
    assert answer_in("no box") is None


def test_a_training_step_lowers_the_loss_on_its_batch(tokenizer, tmp_path):
    trainer = Trainer(build_model(len(tokenizer), seed=4), Recipe(), tmp_path)
    rows = Rows(1)
    state = rows.rng.getstate()
    before = trainer.answer(rows)
    before.backward()
    torch.optim.AdamW(trainer.parameters, lr=1e-3).step()
    rows.rng.setstate(state)
    assert trainer.answer(rows).item() < before.item() - 0.1


def test_labels_cover_the_response_alone(tokenizer):
    rows = Rows(2)
    drawn = [rows.visual(), rows.visual(blind=True), rows.textual()]
    ids, labels, pixels, shown = rows.batch(drawn)
    assert len(pixels) == len(shown) == 2
    for row, line, target in zip(drawn, ids, labels, strict=True):
        assert tokenizer.decode(target[target >= 0]) == row.response + "<eos>"
        assert (line == IMAGE).sum() == (IMAGE_TOKENS if row.scene else 0)


def test_an_interrupted_stage_resumes_to_the_same_weights(tokenizer, tmp_path):
    def trained(run, stops):
        trainer = Trainer(build_model(len(tokenizer), seed=5), Recipe(), run)
        for stop in stops:
            calls = iter(range(stop))

            def loss(rows, calls=calls, trainer=trainer):
                if next(calls, None) is None:
                    raise KeyboardInterrupt
                return trainer.answer(rows)

            try:
                trainer.stage("answer", 4, 1e-3, loss, warmup=1, floor=0.1, every=2)
            except KeyboardInterrupt:
                trainer = Trainer(build_model(len(tokenizer), seed=5), Recipe(), run)
        return trainer.model.state_dict()

    straight = trained(tmp_path / "a", [4])
    resumed = trained(tmp_path / "b", [3, 2])
    for name, value in straight.items():
        assert torch.equal(value, resumed[name]), name
