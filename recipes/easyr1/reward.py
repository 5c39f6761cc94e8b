"""Winnow's grader as EasyR1 calls a reward (`worker.reward.reward_function`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from winnow_reward import GRADER


def compute_score(reward_inputs, **_rest):
    """A list of responses (`reward_type: batch`), or one (`sequential`).

    EasyR1 hands over no column but the answer, so a choice is graded by its letter alone.
    """
    if isinstance(reward_inputs, dict):
        return compute_score([reward_inputs])[0]
    truths = [str(one["ground_truth"]) for one in reward_inputs]
    verdicts = GRADER.verdicts(truths, [one["response"] for one in reward_inputs])
    accuracies = [float(verdict == "correct") for verdict in verdicts]
    return [{"overall": accuracy, "accuracy": accuracy} for accuracy in accuracies]
