"""Training that selects again as it learns, two steps an epoch."""

import json
import os
import signal
import subprocess
import time

import pytest
from study_runs import command, lines, numbers

from winnow_reproduction.study_data import ROOT

CONFIG = """
seeds: [5]
rows: 120
test_each: 4
settings: { steps: 4, prompts: 4, group: 4, evaluate_every: 2 }
order: [[static, dynamic]]
arms:
  static: { flags: [--method, winnow, --budget, "20"] }
  dynamic:
    subset: static
    flags: [--method, winnow, --budget, "20"]
    refresh: { every: 2, share: 0.5 }
"""


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    config = folder / "tiny.yaml"
    config.write_text(CONFIG)
    subprocess.run(command(folder, config), check=True, cwd=ROOT)
    return folder


def test_each_epoch_draws_from_what_the_policy_of_its_beginning_selects(studied):
    static, dynamic = (studied / "tiny" / f"{arm}-5" for arm in ("static", "dynamic"))
    log = lines(dynamic / "log.jsonl")
    refreshes = [line for line in log if "refresh" in line]
    assert [(line["refresh"], line["after"]) for line in refreshes] == [(1, 2)]  # none at the end
    steps = [line for line in log if "step" in line]
    first = json.loads((studied / "data-5" / "selections" / "static.json").read_text())["rows"]
    second = json.loads((dynamic / "round-1" / "round.json").read_text())["rows"]
    assert {row for line in steps[:2] for row in line["rows"]} <= set(first)
    assert {row for line in steps[2:] for row in line["rows"]} <= set(second)
    kept = len(set(first) & set(second))
    told = refreshes[0]
    assert (told["kept"], told["dropped"], told["joined"]) == (kept, 20 - kept, 20 - kept)
    # The first epoch is the static arm's.
    untouched = [line for line in numbers(static / "log.jsonl") if line.get("step", 9) <= 2]
    assert [
        line for line in numbers(dynamic / "log.jsonl") if line.get("step", 9) <= 2
    ] == untouched


def test_what_a_refresh_costs_is_logged_and_little_is_answered_anew(studied):
    log = lines(studied / "tiny" / "dynamic-5" / "log.jsonl")
    told = next(line for line in log if "refresh" in line)
    assert told["answered"] + told["carried"] == 120
    assert 20 <= told["answered"] < 120
    assert 5 * told["answered"] <= told["rollouts"] <= 10 * told["answered"]
    assert told["gflop"] > 0 and told["cpu"] > 0 and 0 <= told["by_chance"] <= 1
    assert sum(told["cohorts"].values()) == told["samples"] == 20


def test_a_run_killed_while_it_selects_again_gives_the_numbers_of_an_unbroken_one(studied):
    config = studied / "killed.yaml"
    config.write_text(CONFIG)
    words = [*command(studied, config), "--arms", "dynamic"]
    place = studied / "killed" / "dynamic-5"
    process = subprocess.Popen(words, cwd=ROOT, start_new_session=True)
    while not (place / "step-2").exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (place / "round-1").exists()
    subprocess.run(words, check=True, cwd=ROOT)
    unbroken = studied / "tiny" / "dynamic-5" / "log.jsonl"
    assert numbers(place / "log.jsonl") == numbers(unbroken)
