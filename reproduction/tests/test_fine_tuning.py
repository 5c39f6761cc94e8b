"""Supervised fine-tuning on a selection's chains of thought, two steps."""

import subprocess

import pytest
import torch
from study_runs import command, lines

from winnow_reproduction import figures, lean
from winnow_reproduction.fine_tuning import FineTuner, responses
from winnow_reproduction.policy_gradient import Settings
from winnow_reproduction.pretrain import IGNORED, answer_loss
from winnow_reproduction.prompts import load
from winnow_reproduction.questions import Question
from winnow_reproduction.reward import WinnowGrader
from winnow_reproduction.study_data import ROOT

CONFIG = """
seeds: [5]
rows: 120
test_each: 4
settings: { algorithm: sft, steps: 2, prompts: 8, evaluate_every: 1 }
order: [[some]]
arms:
  some: { draw: 20 }
"""


def test_a_wrong_answer_is_taught_with_the_chain_that_leads_to_it():
    counted = Question("count", 2, "integer", "How many red objects are there?", "I see red 2", "2")
    assert counted.response == "<think>I see red 2</think> \\boxed{2}"
    assert counted.response_with("4") == "<think>I see red 4</think> \\boxed{4}"
    named = Question("exist", 1, "yesno", "Is there a red circle?", "there is a red circle", "yes")
    assert named.response_with("no") == "<think>there is a red circle</think> \\boxed{no}"


def test_every_row_teaches_its_answer_column():
    rows = figures.build(200, 7)
    taught = responses(200, 7)
    assert [text.split("\\boxed{")[1] for text in taught] == [f"{row.answer}}}" for row in rows]
    assert {text == row.question.response for text, row in zip(taught, rows, strict=True)
            if row.cohort == "mislabelled"} == {False}  # fmt: skip


@pytest.fixture(scope="module")
def tuner(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    figures.write(figures.build(60, 7), folder / "train.parquet", folder / "truth.jsonl")
    with WinnowGrader() as grader:
        settings = Settings(algorithm="sft", rate=1e-3, warmup=1)
        model = ROOT / "models" / "nano"
        yield FineTuner(model, settings, grader, responses(60, 7)), load(folder / "train.parquet")


def test_the_loss_is_the_mean_cross_entropy_of_the_response_tokens(tuner):
    tuner, data = tuner
    rows = list(range(12))
    taught = [tuner.taught[row] for row in rows]
    whole = [data.with_image[row] + ids for row, ids in zip(rows, taught, strict=True)]
    length = max(map(len, whole))
    ids = torch.tensor([row + [0] * (length - len(row)) for row in whole])
    wanted = torch.tensor(
        [
            [IGNORED] * (len(row) - len(answer)) + answer + [IGNORED] * (length - len(row))
            for row, answer in zip(whole, taught, strict=True)
        ]
    )
    with torch.no_grad():
        pictures = lean.image_features(tuner.model, data.batch(rows).pixels)
        before = float(answer_loss(tuner.model, ids, wanted, pictures))
    line = tuner.step(data, rows)
    assert line["loss"] == pytest.approx(before, abs=2e-4)
    assert line["response_tokens"] == sum(map(len, taught)) and line["rollouts"] == 0
    assert tuner.step(data, rows)["loss"] < line["loss"]


def test_the_studys_command_fine_tunes_two_steps(tmp_path):
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG)
    subprocess.run(command(tmp_path, config), check=True, cwd=ROOT)
    log = lines(tmp_path / "tiny" / "some-5" / "log.jsonl")
    assert [line["step"] for line in log if "step" in line] == [1, 2]
    assert all(line["loss"] > 0 and line["gflop"] > 0 for line in log if "step" in line)
    assert [line["eval"] for line in log if "eval" in line] == [0, 1, 2]
    assert "blind" in log[-1]
