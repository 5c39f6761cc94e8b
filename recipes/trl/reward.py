"""Winnow's grader as TRL calls a reward (`reward_funcs`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from winnow_reward import GRADER


def text_of(completion):
    """The response of a completion, which is a text or a list with one message."""
    content = completion if isinstance(completion, str) else completion[0]["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def winnow_reward(completions, solution, choices=None, **_rest):
    """1 for a right response, 0 for a wrong one, None (left out by TRL) where nobody can tell."""
    responses = [text_of(completion) for completion in completions]
    verdicts = GRADER.verdicts([str(truth) for truth in solution], responses, choices)
    rewards = {"correct": 1.0, "wrong": 0.0, "ungradable": None}
    return [rewards[verdict] for verdict in verdicts]
