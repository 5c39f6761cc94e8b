"""Winnow's grader as verl calls a reward (`reward.custom_reward_function`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from winnow_reward import GRADER


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **_rest):
    """One response; `acc` is what verl's filters and logs call accuracy."""
    choices = (extra_info or {}).get("choices")
    choices = None if choices is None else [str(choice) for choice in choices]
    [verdict] = GRADER.verdicts([str(ground_truth)], [solution_str], [choices])
    accuracy = float(verdict == "correct")
    return {"score": accuracy, "acc": accuracy}
