"""Which kept logs stand for a run, and that curves survive being kept."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from winnow_reproduction.kept_logs import kept_curves, kept_log
from winnow_reproduction.policy_gradient import Settings, describe, epochs
from winnow_reproduction.prompts import PromptSet
from winnow_reproduction.reward_curves import get_curves, put_curves
from winnow_reproduction.study_logs import write_lines

SETTINGS = Settings(steps=2, prompts=2, seed=3)
ROWS = [1, 4, 5]
ABOUT = {"name": "tiny/rap-3", "model": "nano", "scorer": "nano", "samples": 3}
TEST = {"test_seed": 2001, "test_each": 200}


def prompts(lengths: list[int]) -> PromptSet:
    ids = [[0] * length for length in lengths]
    return PromptSet(ids, ids, torch.zeros(len(ids), 3, 1, 1), ["1"] * len(ids))


DATA = prompts([1, 2, 4, 8, 16, 32])


@pytest.fixture
def logs(tmp_path):
    first = {"run": {**ABOUT, "price": 7, **describe(SETTINGS)}}
    steps = [
        {"step": i, "rows": rows, "prompt_tokens": sum(2**row for row in rows)}
        for i, rows in zip((1, 2), epochs(ROWS, 2, 3), strict=False)
    ]
    twin = {"run": {**first["run"], "name": "tiny/no-ace-3"}, "same_as": "rap-3"}
    write_lines(tmp_path / "tiny.jsonl.gz", [json.dumps(x) for x in (twin, first, *steps)])
    return tmp_path


def test_a_kept_log_of_the_same_run_is_found_and_so_is_its_twin(logs):
    lines = kept_log("tiny", {**ABOUT, **TEST, "price": 9}, ROWS, SETTINGS, DATA, logs)
    assert [line.get("step") for line in lines] == [None, 1, 2]
    twin = {**ABOUT, **TEST, "name": "tiny/no-ace-3"}
    assert [x["same_as"] for x in kept_log("tiny", twin, ROWS, SETTINGS, DATA, logs)] == ["rap-3"]


@pytest.mark.parametrize(
    ("about", "rows", "settings", "data"),
    [
        ({"name": "tiny/rap-4"}, ROWS, SETTINGS, DATA),
        ({"model": "nano-qwen"}, ROWS, SETTINGS, DATA),
        ({"test_seed": 2000}, ROWS, SETTINGS, DATA),
        ({}, [0, 4, 5], SETTINGS, DATA),
        ({}, ROWS, replace(SETTINGS, rate=2e-4), DATA),
        ({}, ROWS, SETTINGS, prompts([1, 3, 4, 8, 16, 32])),
    ],
)
def test_another_run_model_test_selection_rate_or_data_is_trained_again(
    logs, about, rows, settings, data
):
    assert kept_log("tiny", {**ABOUT, **TEST, **about}, rows, settings, data, logs) is None


def test_curves_come_back_as_they_were_kept(tmp_path):
    parquet, curves = tmp_path / "train.parquet", tmp_path / "curves.jsonl"
    pq.write_table(pa.table({"id": ["a", "b", "c"]}), parquet)
    put_curves(curves, ["010", "111"], parquet)
    last = json.loads(curves.read_text().splitlines()[-1])
    assert last == {"id": "c", "epoch": 2, "reward": 1}
    data = {"seed": 3, "curves": get_curves(curves)}
    write_lines(tmp_path / "data.jsonl.gz", [json.dumps(data)])
    assert kept_curves(3, tmp_path) == ["010", "111"]
    assert kept_curves(4, tmp_path) is None
