"""The committed model directory and its reference values."""

import json
from pathlib import Path

import pytest
from transformers import AutoModelForImageTextToText, AutoProcessor

from winnow_reproduction import evaluate, figures, golden

ROOT = Path(__file__).resolve().parents[2]
NANO = ROOT / "models" / "nano"
GOLDEN = ROOT / "test" / "fixtures" / "nano-golden.json"
TRUTH = ROOT / "examples" / "figures-truth.jsonl"


def test_the_directory_is_small_and_complete():
    files = [path for path in NANO.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 12 * 2**20
    model = AutoModelForImageTextToText.from_pretrained(NANO)
    assert model.num_parameters() <= 3_000_000


def test_the_golden_file_is_what_pytorch_gives():
    processor = AutoProcessor.from_pretrained(NANO)
    model = AutoModelForImageTextToText.from_pretrained(NANO, attn_implementation="eager").eval()
    rows = {row.id: row for row in figures.build(2000, 41)}
    records = json.loads(GOLDEN.read_text())["records"]
    assert len(records) == 16
    for known in records[:6]:
        found = golden.record(model, processor, rows[known["id"]], known["arm"] == "image")
        assert found["response_ids"] == known["response_ids"]
        assert found["input_ids"] == known["input_ids"]
        if known["arm"] == "image":
            assert found["log_psi"] == pytest.approx(known["log_psi"], abs=1e-4)


def test_the_truth_file_is_that_of_the_examples():
    rows = figures.build(2000, 41)
    known = [json.loads(line) for line in TRUTH.read_text().splitlines()]
    assert [k["id"] for k in known] == [row.id for row in rows]
    assert [k["gold"] for k in known] == [row.question.answer for row in rows]


def test_the_model_needs_the_picture_and_answers_in_format():
    found = evaluate.by_family(NANO, seed=778, each=15)
    assert 0.40 <= found["all"]["image"] <= 0.65
    assert found["all"]["image"] - found["all"]["text"] > 0.15
    assert min(found["in_format"].values()) > 0.97
