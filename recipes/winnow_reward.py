"""Winnow's own grader as a reward: one `winnow grade -` process per training process.

`scored.json` beside this file says how the samples were graded when they were scored, so that
training pays for what the selection measured. Rows go over a pipe as JSON; nothing of a dataset
or of a response is ever run.
"""

import functools
import json
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
HINT = "say how Winnow is started with WINNOW_COMMAND, e.g. WINNOW_COMMAND='npx winnow'."


@functools.cache
def scored() -> dict:
    """How the samples were asked, sampled and graded."""
    return json.loads((HERE / "scored.json").read_text(encoding="utf-8"))


def grade_command() -> list[str]:
    """Winnow by WINNOW_COMMAND, the one that exported, or that on the PATH; graded as scored."""
    command = scored()["command"]
    if "WINNOW_COMMAND" in os.environ:
        command = shlex.split(os.environ["WINNOW_COMMAND"])
    elif not all(Path(part).exists() for part in command):
        found = shutil.which("winnow")
        if found is None:
            raise RuntimeError(f"Found no Winnow at {command[-1]} and none on the PATH; {HINT}")
        command = [found]
    return [*command, "grade", "-", "--json", *scored()["grade"]]


class Grader:
    """`winnow grade -` behind a pipe, started when first asked and in each process anew.

    `command` is the whole command line; without it, `grade_command` says.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self.command = command
        self.process: subprocess.Popen | None = None
        self.owner = 0
        self.lock = threading.Lock()

    def verdicts(
        self,
        truths: Sequence[str],
        responses: Sequence[str],
        choices: Sequence[Sequence[str] | None] | None = None,
    ) -> list[str]:
        """`correct`, `wrong` or `ungradable` for each response; equal rows are asked for once."""
        options = choices if choices is not None else [None] * len(truths)
        rows = [
            json.dumps({"gold": truth, "response": response, "choices": list(texts or [])})
            for truth, response, texts in zip(truths, responses, options, strict=True)
        ]
        with self.lock:
            known = self._ask(list(dict.fromkeys(rows)))
        return [known[row] for row in rows]

    def _ask(self, rows: list[str]) -> dict[str, str]:
        process = self._start()
        writer = threading.Thread(target=self._write, args=(process, rows))  # a full pipe blocks
        writer.start()
        known = {}
        for row in rows:
            line = process.stdout.readline()
            if not line:
                self.process = None
                raise RuntimeError(f"`{shlex.join(process.args)}` ended early; {HINT}")
            known[row] = json.loads(line)["verdict"]
        writer.join()
        return known

    def _start(self) -> subprocess.Popen:
        if self.process is None or self.owner != os.getpid():
            self.process = subprocess.Popen(
                self.command or grade_command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
            self.owner = os.getpid()
        return self.process

    def close(self) -> None:
        """Ends the process; it ends by itself when this one does."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(timeout=10)
            self.process = None

    @staticmethod
    def _write(process: subprocess.Popen, rows: list[str]) -> None:
        try:
            process.stdin.writelines(f"{row}\n" for row in rows)
            process.stdin.flush()
        except BrokenPipeError:
            pass  # the reader finds the end of the answers and says so


GRADER = Grader()
