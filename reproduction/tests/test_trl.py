"""TRL's GRPOTrainer on the nano model with Winnow's grader, two steps."""

import json

import pytest

pytest.importorskip("trl")

from winnow_reproduction.policy_gradient import Settings
from winnow_reproduction.prompts import load
from winnow_reproduction.study_data import held_out_rows
from winnow_reproduction.trl_arm import dataset, train


def test_trl_trains_two_steps_on_rows_of_the_study(tmp_path):
    parquet = held_out_rows(tmp_path, seed=3, each=4)
    settings = Settings(steps=2, prompts=2, group=4, evaluate_every=2)
    train(tmp_path / "trl", parquet, list(range(20)), settings, load(parquet))
    lines = [json.loads(line) for line in (tmp_path / "trl" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "step" in line] == [1, 2]
    assert all(0 <= line["reward"] <= 1 for line in lines if "step" in line)
    assert [line["eval"] for line in lines if "eval" in line] == [0, 2]


def test_the_picture_stays_where_the_problem_has_it(tmp_path):
    parquet = held_out_rows(tmp_path, seed=3, each=4)
    row = dataset(parquet, [5])[0]
    assert [part["type"] for part in row["prompt"][0]["content"]] == ["image", "text"]
    assert len(row["images"]) == 1
