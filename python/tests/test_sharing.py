"""Prompts of several responses through the meter: passed once, unless that changes the numbers."""

import pytest
import torch
from fastapi.testclient import TestClient
from test_worker import GOLDEN, PAPER, ROBUST, ROOT, body

from winnow_attention import measure
from winnow_attention.columns import OptionSet
from winnow_attention.measure import Meter, Request
from winnow_attention.model import Model, Response
from winnow_attention.server import new_app
from winnow_attention.shared_prompt import CannotShareError

SETS = {
    name: OptionSet(one["sigma"], one["heads"], one["minSpan"], one["span"], one["normalise"])
    for name, one in {"paper": PAPER, "robust": ROBUST}.items()
}


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(str(ROOT / "models/nano"))


@pytest.fixture(scope="module")
def asked() -> tuple[list, list[Request]]:
    """Two with-image prompts of four responses each, in turns, and one prompt of a single one."""
    records = [record for record in GOLDEN if "log_psi" in record][:3]
    prompts = body(records)["prompts"]
    texts = [record["response_text"] for record in GOLDEN[:4]]
    requests = [Request(at, Response(text)) for text in texts for at in (0, 1)]
    return prompts, [*requests, Request(2, Response(texts[0]))]


def close(one: list[dict], other: list[dict]) -> None:
    for a, b in zip(one, other, strict=True):
        for name in SETS:
            assert a["psi"][name]["logPsi"] == pytest.approx(b["psi"][name]["logPsi"], abs=1e-4)
            assert a["psi"][name]["column"] == b["psi"][name]["column"]
        for name in ("imageMass", "entropy", "topMass"):
            assert a[name] == pytest.approx(b[name], abs=1e-4)
        assert a["token"] == b["token"]
        assert a["imageTokens"] == b["imageTokens"] == 16


def test_a_shared_pass_gives_the_scores_of_passes_alone_with_fewer_tokens(model, asked):
    apart, together = Meter(model, share_tokens=10**9), Meter(model, share_tokens=1)
    expected, found = apart.measure(*asked, SETS), together.measure(*asked, SETS)
    close(found, expected)
    assert together.sharing is True
    assert (apart.counters.shared, together.counters.shared) == (0, 8)
    prompt = expected[0]["promptTokens"]
    # Seven of nine prompts less, with as much padding.
    assert apart.counters.tokens - together.counters.tokens >= 5 * prompt


def test_a_prompt_is_shared_where_that_spares_enough_tokens(model, asked):
    prompts, requests = asked
    spared = 3 * Meter(model).measure(prompts, requests[:1], SETS)[0]["promptTokens"]
    for share_tokens, shared in ((spared, 4), (spared + 1, 0)):
        meter = Meter(model, share_tokens=share_tokens)
        meter.measure(prompts, requests[0:8:2], SETS)
        assert meter.counters.shared == shared


def test_a_model_whose_shared_pass_differs_shares_no_more_and_says_so(
    model, asked, monkeypatch, caplog
):
    run = measure.run_shared

    def wrong(layer, prompt, responses):
        found = run(layer, prompt, responses)
        with torch.inference_mode():
            found.query.mul_(3)
        return found

    expected = Meter(model, share_tokens=10**9).measure(*asked, SETS)
    monkeypatch.setattr(measure, "run_shared", wrong)
    meter = Meter(model, share_tokens=1)
    close(meter.measure(*asked, SETS), expected)
    assert meter.sharing is False
    assert meter.counters.shared == 0
    assert "a shared pass moved" in caplog.text
    close(meter.measure(*asked, SETS), expected)
    assert caplog.text.count("cannot share") == 1


@pytest.mark.parametrize("error", [CannotShareError("no cache"), TypeError("no past_key_values")])
def test_a_model_that_cannot_share_gets_passes_alone(model, asked, monkeypatch, caplog, error):
    def unable(*_):
        raise error

    expected = Meter(model, share_tokens=10**9).measure(*asked, SETS)
    monkeypatch.setattr(measure, "run_shared", unable)
    meter = Meter(model, share_tokens=1)
    close(meter.measure(*asked, SETS), expected)
    assert str(error) in caplog.text


def test_a_shared_batch_that_does_not_fit_is_halved(model, asked, monkeypatch):
    run = measure.run_shared

    def scarce(layer, prompt, responses):
        if len(responses) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return run(layer, prompt, responses)

    expected = Meter(model, share_tokens=10**9).measure(*asked, SETS)
    monkeypatch.setattr(measure, "run_shared", scarce)
    meter = Meter(model, share_tokens=1)
    close(meter.measure(*asked, SETS), expected)
    assert meter.counters.out_of_memory > 0
    assert meter.counters.shared == 8


def test_what_the_model_refuses_fails_alone_with_its_words(model, asked, monkeypatch):
    prompts, requests = asked
    run = model.layer.run

    def picky(inputs, cache=None):
        if (inputs["input_ids"] == 99).any():
            raise ValueError("Image features and image tokens do not match")
        return run(inputs, cache)

    monkeypatch.setattr(model.layer, "run", picky)
    requests = [*requests, Request(0, Response("", token_ids=[99, 98]))]
    for share_tokens in (1, 10**9):
        *good, bad = Meter(model, share_tokens=share_tokens).measure(prompts, requests, SETS)
        assert bad["error"]["code"] == "input"
        assert bad["error"]["message"].startswith("the model refuses it: Image features")
        assert all("psi" in one for one in good)


def test_a_model_that_refuses_everything_is_an_error_and_no_heap_of_failures(model, monkeypatch):
    def never(*_):
        raise ValueError("no such attention mask")

    monkeypatch.setattr(model.layer, "run", never)
    request = body(GOLDEN[:1])
    request["responses"] *= 16
    with TestClient(new_app(Meter(model))) as client:
        response = client.post("/v1/attention", json=request)
    assert response.status_code == 422
    assert "refused each of the first 16 responses; the last: no such attention" in response.text


def test_numbers_that_overflow_at_first_do_not_decide_about_sharing(model, asked, monkeypatch):
    prompts, requests = asked
    run = model.layer.run
    passes = []

    def overflowing(inputs, cache=None):
        found = run(inputs, cache)
        passes.append(1)
        with torch.inference_mode():
            if len(passes) <= 2:
                found.key[:] = torch.nan
        return found

    monkeypatch.setattr(model.layer, "run", overflowing)
    meter = Meter(model, share_tokens=1)
    assert all("psi" in one for one in meter.measure(prompts, requests[:8], SETS))
    assert meter.sharing is True
    assert meter.counters.shared == 4


def test_a_response_with_an_image_token_fails_alone(model, asked):
    prompts, requests = asked
    requests = [*requests, Request(0, Response("", token_ids=[7, model.image_token]))]
    *good, bad = Meter(model, share_tokens=1).measure(prompts, requests, SETS)
    assert "image token" in bad["error"]["message"]
    assert all("psi" in one for one in good)
