"""Which kept logs stand for a run, and LIMR's curves."""

import json
from dataclasses import replace

import pytest
import torch

from winnow_reproduction.kept_logs import kept_log
from winnow_reproduction.policy_gradient import Settings, describe, epochs
from winnow_reproduction.prompts import PromptSet
from winnow_reproduction.reward_curves import curves
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


def test_a_curve_is_the_pass_rate_before_training_and_that_of_the_rows_first_group():
    log = [
        {"eval": 0},
        {"step": 1, "rows": [2, 0], "rollouts": 16, "correct": [8, 2]},
        {"step": 2, "rows": [1, 2], "rollouts": 16, "correct": [4, 0]},
    ]
    assert curves(log, [5, 0, 3], 5) == [[1.0, 0.25], [0.0, 0.5], [0.6, 1.0]]
    with pytest.raises(ValueError, match="1 of 4 rows"):
        curves(log, [5, 0, 3, 1], 5)
