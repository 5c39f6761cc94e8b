"""The study's smallest version: data, scoring, selection, training, all from one command."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from study_runs import command, lines, numbers

from winnow_reproduction.study_data import ROOT

SMALLEST = ROOT / "reproduction" / "experiments" / "smallest.yaml"


def write_config(path: Path, steps: int) -> Path:
    """The smallest experiment with fewer rows and steps."""
    config = yaml.safe_load(SMALLEST.read_text())
    settings = {"steps": steps, "prompts": 4, "group": 4, "evaluate_every": 1}
    config |= {"rows": 160, "test_each": 4, "settings": settings}
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    config = write_config(folder / "tiny.yaml", 2)
    subprocess.run(command(folder, config), check=True, cwd=ROOT)
    return folder


def test_two_methods_are_scored_selected_and_trained(studied):
    runs = (studied / "tiny" / name for name in ("rap-1001", "random-1001"))
    rap, random = (lines(run / "log.jsonl") for run in runs)
    assert rap[0]["run"]["samples"] == random[0]["run"]["samples"] > 4
    for log in (rap, random):
        assert [line["step"] for line in log if "step" in line] == [1, 2]
        assert [line["eval"] for line in log if "eval" in line] == [0, 1, 2]
        assert all(line["rollouts"] == 16 for line in log if "step" in line)
    selected = json.loads((studied / "data-1001" / "selections" / "rap.json").read_text())["rows"]
    used = {row for line in rap if "step" in line for row in line["rows"]}
    assert used <= set(selected)


def test_a_killed_run_gives_the_numbers_of_an_unbroken_one(studied):
    config = write_config(studied / "killed.yaml", 6)
    words = [*command(studied, config), "--arms", "rap"]
    log = studied / "killed" / "rap-1001" / "log.jsonl"
    process = subprocess.Popen(words, cwd=ROOT, start_new_session=True)
    while not (log.exists() and '"step": 3' in log.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(words, check=True, cwd=ROOT)
    broken = numbers(log)
    unbroken = studied / "unbroken.yaml"
    unbroken.write_text(config.read_text())
    subprocess.run([*command(studied, unbroken), "--arms", "rap"], check=True, cwd=ROOT)
    assert broken == numbers(studied / "unbroken" / "rap-1001" / "log.jsonl")
