"""The reward: Winnow's own grader, in one process of its own for as long as training lasts."""

import json
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class WinnowGrader:
    """`winnow grade -` behind a pipe. Use as a context manager."""

    def __init__(
        self, command: tuple[str, ...] = ("node", str(ROOT / "bin" / "winnow.js"))
    ) -> None:
        self.process = subprocess.Popen(
            [*command, "grade", "-", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.known: dict[tuple[str, str], bool] = {}

    def grade(self, truths: list[str], responses: list[str]) -> list[bool]:
        """Whether each response is correct. Equal pairs are asked for once in a lifetime."""
        pairs = list(zip(truths, responses, strict=True))
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self.known]
        writer = threading.Thread(target=self._ask, args=(new,))  # a full pipe blocks
        writer.start()
        for pair in new:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("winnow grade ended early; is Winnow built? (npm run build)")
            self.known[pair] = json.loads(line)["verdict"] == "correct"
        writer.join()
        return [self.known[pair] for pair in pairs]

    def _ask(self, pairs: list[tuple[str, str]]) -> None:
        rows = (json.dumps({"gold": gold, "response": text}) for gold, text in pairs)
        self.process.stdin.writelines(f"{row}\n" for row in rows)
        self.process.stdin.flush()

    def __enter__(self) -> "WinnowGrader":
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=10)
