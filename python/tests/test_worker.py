"""The nano model behind the HTTP contract: golden values, batching, failures, metrics."""

import base64
import io
import json
import threading
from pathlib import Path

import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image

from winnow_attention import measure
from winnow_attention.__main__ import _parser
from winnow_attention.measure import Meter
from winnow_attention.model import Model, Response, UnusableInputError, read_image
from winnow_attention.server import new_app

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((ROOT / "test/fixtures/nano-golden.json").read_text())["records"]
FIGURES = ROOT / "examples/figures"
PAPER = {"sigma": 2, "heads": "mean", "minSpan": 1, "span": "suffix", "normalise": False}
ROBUST = {"sigma": 2, "heads": "max", "minSpan": 8, "span": "window", "normalise": True}


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(str(ROOT / "models/nano"))


@pytest.fixture
def meter(model) -> Meter:
    return Meter(model)


@pytest.fixture
def client(meter):
    with TestClient(new_app(meter)) as client:
        yield client


def pictures() -> dict[str, str]:
    """Image of each figure as a data URI, by id."""
    import pyarrow.parquet as pq

    wanted = {record["id"] for record in GOLDEN}
    found = {}
    for file in sorted(FIGURES.glob("*.parquet")):
        for row in pq.read_table(file, columns=["id", "images"]).to_pylist():
            if row["id"] in wanted:
                data = base64.b64encode(row["images"][0]["bytes"]).decode()
                found[row["id"]] = f"data:image/png;base64,{data}"
    return found


def body(records: list[dict], **more) -> dict:
    images = pictures()
    prompts = []
    for record in records:
        text = record["prompt"].removeprefix("<bos><user>").removesuffix("<assistant>")
        before, image, after = text.partition("<image>")
        parts = [{"type": "text", "text": before}] if before else []
        parts += [{"type": "image", "image": images[record["id"]]}] if image else []
        prompts.append(parts + ([{"type": "text", "text": after}] if after else []))
    responses = [
        {"prompt": place, "text": record["response_text"], "tokenIds": record["response_ids"]}
        for place, record in enumerate(records)
    ]
    sets = {"paper": PAPER, "robust": ROBUST}
    return {"optionSets": sets, "prompts": prompts, "responses": responses, **more}


def answer(client, request: dict) -> list[dict]:
    response = client.post("/v1/attention", json=request)
    assert response.status_code == 200, response.text
    return response.json()["results"]


def test_log_psi_is_the_golden_files_to_1e_4(client):
    results = answer(client, body(GOLDEN, tokenScores=True))
    for record, result in zip(GOLDEN, results, strict=True):
        assert result["promptTokens"] == len(record["input_ids"])
        assert result["imageTokens"] == record["input_ids"].count(3)
        assert result["responseTokens"] == len(record["response_ids"])
        if "log_psi" in record:
            assert result["columns"]["paper"] == pytest.approx(record["log_psi"], abs=1e-4)
            assert result["psi"]["paper"]["logPsi"] == pytest.approx(
                max(record["log_psi"]), abs=1e-4
            )
            assert 0 < result["imageMass"] < 1
        else:
            assert result["imageMass"] == 0


def test_the_numbers_do_not_depend_on_the_batch(client, meter):
    together = answer(client, body(GOLDEN))
    meter.batch_tokens = 1
    for record, expected in zip(GOLDEN[:4], together, strict=False):
        [alone] = answer(client, body([record]))
        assert alone["psi"]["paper"]["logPsi"] == pytest.approx(
            expected["psi"]["paper"]["logPsi"], abs=1e-4
        )
        assert alone["token"] == expected["token"]


def test_responses_without_token_ids_are_tokenised_again(client):
    known = body(GOLDEN[:2])
    expected = answer(client, known)
    for response in known["responses"]:
        ids = response.pop("tokenIds")
        response |= {"finish": "stop", "responseTokens": len(ids)}
    again = answer(client, known)
    assert [one["tokenMismatch"] for one in again] == [False, False]
    for one, other in zip(again, expected, strict=True):
        assert one["psi"]["paper"]["logPsi"] == pytest.approx(other["psi"]["paper"]["logPsi"])
    known["responses"][0]["responseTokens"] += 3
    known["responses"][1]["promptTokens"] = 7
    assert [one["tokenMismatch"] for one in answer(client, known)] == [True, True]
    metrics = client.get("/metrics").text
    assert "winnow_attention_retokenised_total 4" in metrics
    assert "winnow_attention_mismatches_total 2" in metrics


def test_one_unusable_request_does_not_harm_the_others(client):
    request = body(GOLDEN[:4])
    request["prompts"][0][-2 if len(request["prompts"][0]) > 1 else 0] = {
        "type": "image",
        "image": "data:image/png;base64,AAAA",
    }
    request["responses"][1]["tokenIds"] = [5, 400]
    request["responses"][2]["tokenIds"] = [5] * 5000
    request["responses"][3] |= {"tokenIds": []}
    request["responses"].append({"prompt": 1, "text": "red", "finish": "length"})
    *failures, good = answer(client, request)
    assert [one["error"]["code"] for one in failures] == ["input"] * 4
    said = [one["error"]["message"] for one in failures]
    assert "cannot be read" in said[0]
    assert "outside the model's 393 tokens" in said[1]
    assert "over the 4096 tokens" in said[2]
    assert "no tokens" in said[3]
    assert good["responseTokens"] >= 1


def test_a_batch_that_does_not_fit_is_halved(client, meter, monkeypatch, caplog):
    expected = answer(client, body(GOLDEN))
    run = meter.model.layer.run

    def scarce(tensors):
        if len(tensors["input_ids"]) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return run(tensors)

    monkeypatch.setattr(meter.model.layer, "run", scarce)
    found = answer(client, body(GOLDEN))
    for one, other in zip(found, expected, strict=True):
        assert one["psi"]["paper"]["logPsi"] == pytest.approx(
            other["psi"]["paper"]["logPsi"], abs=1e-4
        )
    assert "did not fit into the memory of cpu; trying" in caplog.text
    assert meter.counters.out_of_memory > 0


def test_a_response_that_does_not_fit_alone_fails_with_a_sentence(client, meter, monkeypatch):
    def never(tensors):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(meter.model.layer, "run", never)
    for one in answer(client, body(GOLDEN[:2])):
        assert one["error"]["code"] == "memory"
        assert "even alone; lower the pixel limit" in one["error"]["message"]


def test_overflowing_numbers_fail_one_response_with_a_sentence(client, meter, monkeypatch):
    run = meter.model.layer.run

    def overflowing(tensors):
        found = run(tensors)
        with torch.inference_mode():
            found.key[0] = torch.nan
        return found

    monkeypatch.setattr(meter.model.layer, "run", overflowing)
    results = answer(client, body([GOLDEN[0], GOLDEN[0]]))
    assert [one.get("error", {}).get("code") for one in results] == ["numbers", None]
    assert "--dtype float32" in results[0]["error"]["message"]


def test_work_of_a_client_that_went_away_is_dropped(meter, model):
    gone = threading.Event()
    gone.set()
    requests = [measure.Request(0, Response("red"))]
    prompts = [[{"type": "text", "text": "What color is it?"}]]
    [result] = meter.measure(prompts, requests, {}, cancelled=gone.is_set)
    assert result["error"]["code"] == "cancelled"
    assert meter.counters.batches == 0


def test_health_and_metrics_tell_what_runs(client):
    answer(client, body(GOLDEN[:2]))
    health = client.get("/health").json()
    assert health["status"] == "ok"
    assert (health["device"], health["dtype"], health["attention"]) == (
        "cpu",
        "float32",
        "captured",
    )
    metrics = client.get("/metrics").text
    assert "winnow_attention_responses_total 2" in metrics
    assert "winnow_attention_requests_in_flight 0" in metrics


def test_malformed_requests_are_refused(client):
    request = body(GOLDEN[:1])
    request["responses"][0]["prompt"] = 1
    assert client.post("/v1/attention", json=request).status_code == 422
    for wrong in ({"optionSets": {}}, {"unknown": 1}, {"responses": []}):
        assert client.post("/v1/attention", json=body(GOLDEN[:1], **wrong)).status_code == 422


def test_a_key_keeps_others_out(meter):
    with TestClient(new_app(meter, "secret")) as client:
        request = body(GOLDEN[:1])
        assert client.post("/v1/attention", json=request).status_code == 401
        headers = {"authorization": "Bearer secret"}
        assert client.post("/v1/attention", json=request, headers=headers).status_code == 200


def test_half_precision_stays_near(model):
    half = Meter(Model(model.name, dtype="bfloat16"))
    with TestClient(new_app(half)) as client:
        for record, one in zip(GOLDEN, answer(client, body(GOLDEN)), strict=True):
            if "log_psi" in record:
                assert one["psi"]["paper"]["logPsi"] == pytest.approx(
                    max(record["log_psi"]), abs=0.3
                )


def test_only_data_uris_of_pictures_are_read():
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    assert read_image(f"data:image/png;base64,{data}").size == (3, 2)
    for wrong in ("http://localhost/a.png", "file:///etc/passwd", "data:image/png;base64,!"):
        with pytest.raises(UnusableInputError):
            read_image(wrong)


def test_the_command_line_listens_on_loopback_unless_told_otherwise():
    assert _parser().parse_args(["--model", "m"]).host == "127.0.0.1"
