"""The tables' arithmetic, and that RESULTS.md follows from the committed logs."""

import pytest
import yaml

from winnow_reproduction import study_tables as tables
from winnow_reproduction.cross_results import MODELS, overlap
from winnow_reproduction.study_data import ROOT
from winnow_reproduction.study_logs import LOGS, Trained, read_runs

ABOUT = {"name": "table1/rap-7", "seed": 7, "samples": 64, "prompts": 32}


def trained(accuracies: list[float], every: int = 25) -> Trained:
    evals = [{"eval": i * every, "sampled": {"a": x, "b": x}} for i, x in enumerate(accuracies)]
    steps = [{"step": i + 1, "rollouts": 256} for i in range(every * (len(accuracies) - 1))]
    return Trained(ABOUT, steps, evals)


def test_the_interval_of_three_seeds_by_hand():
    # deviation 0.1, t(2) = 4.303: 4.303 x 0.1 / sqrt(3) = 0.2484
    found = tables.estimate([0.7, 0.8, 0.9])
    assert found.mean == pytest.approx(0.8)
    assert found.half == pytest.approx(0.24843, abs=1e-5)
    assert found.show() == "80.0 ± 24.8"
    assert tables.estimate([0.5]).show() == "50.0"


def test_steps_to_an_accuracy_lie_on_the_line_between_two_evaluations():
    run = trained([0.4, 0.6, 0.8])
    assert tables.steps_to(run, 0.7) == pytest.approx(37.5)
    assert tables.steps_to(run, 0.9) is None
    assert tables.total(run, "rollouts", 37.5) == pytest.approx(37.5 * 256)


def test_an_epoch_is_one_pass_over_the_runs_own_samples():
    assert tables.one_epoch(trained([0.4, 0.6, 0.8], every=2)) == 2  # 64 samples, 32 a step


def test_differences_are_paired_by_seed():
    found = tables.paired({1: 0.8, 2: 0.9, 3: 0.5}, {1: 0.7, 2: 0.8})
    assert found.seeds == 2 and found.mean == pytest.approx(0.1)


def test_processor_seconds_are_compared_within_two_days_alone():
    days = {"a": "2026-11-24", "b": "2026-11-27", "c": "2026-11-28"}
    runs = [Trained({"name": name, "date": day}, [], []) for name, day in days.items()]
    assert tables.comparable(runs) == {"b", "c"}


def test_the_overlap_of_two_scorers_by_hand():
    one = {7: {"rap": [1, 2, 3, 4], "cohorts": {"visual": 15, "text": 5}}, 8: {"rap": [1]}}
    text = overlap(one, {7: {"rap": [3, 4, 5]}})  # 2 of 4; 3 of 20 by chance
    assert "50.0 %" in text and "15.0 %" in text and "1 data set" in text


def test_every_line_of_table_3_is_an_arm_of_its_experiment():
    for lines in MODELS.values():
        for source, arm, _ in lines:
            path = ROOT / "reproduction" / "experiments" / f"{source}.yaml"
            assert arm in yaml.safe_load(path.read_text())["arms"]


def test_runs_of_equal_rows_share_their_numbers():
    runs = read_runs(LOGS / "table1.jsonl.gz")
    assert {run.arm for run in runs} >= {"full", "random", "rap", "winnow"}
    for run in runs:
        assert run.evals[-1]["eval"] == run.about["steps"] == len(run.steps)
