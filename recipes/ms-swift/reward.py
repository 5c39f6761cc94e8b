"""Winnow's grader as an ms-swift reward (`--external_plugins reward.py --reward_funcs winnow`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from winnow_reward import GRADER

try:
    from swift.rewards import ORM, orms  # ms-swift 4
except ImportError:
    from swift.plugin import ORM, orms  # ms-swift 3


class WinnowReward(ORM):
    """1 for a right response, 0 for any other."""

    def __call__(self, completions, solution, choices=None, **_rest):
        verdicts = GRADER.verdicts([str(truth) for truth in solution], completions, choices)
        return [float(verdict == "correct") for verdict in verdicts]


orms["winnow"] = WinnowReward
