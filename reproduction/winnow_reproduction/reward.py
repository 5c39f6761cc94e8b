"""The reward: Winnow's own grader, in one process of its own for as long as training lasts."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINNOW = ("node", str(ROOT / "bin" / "winnow.js"))


def shared_grader(command: tuple[str, ...]):
    """The grader of the training recipes, which stand beside the package, not in it."""
    path = ROOT / "recipes" / "winnow_reward.py"
    spec = importlib.util.spec_from_file_location("winnow_reward", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Grader(command)


class WinnowGrader:
    """`winnow grade -` behind a pipe. Use as a context manager."""

    def __init__(self, command: tuple[str, ...] = WINNOW) -> None:
        self.grader = shared_grader((*command, "grade", "-", "--json"))
        self.known: dict[tuple[str, str], bool] = {}

    def grade(self, truths: list[str], responses: list[str]) -> list[bool]:
        """Whether each response is correct. Equal pairs are asked for once in a lifetime."""
        pairs = list(zip(truths, responses, strict=True))
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self.known]
        if new:
            verdicts = self.grader.verdicts(*zip(*new, strict=True))
            right = (verdict == "correct" for verdict in verdicts)
            self.known |= zip(new, right, strict=True)
        return [self.known[pair] for pair in pairs]

    def __enter__(self) -> "WinnowGrader":
        return self

    def __exit__(self, *_error: object) -> None:
        self.grader.close()
