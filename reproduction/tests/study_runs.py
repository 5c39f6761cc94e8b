"""The study's command in a folder of a test's own, and its logs."""

import json
import sys
from pathlib import Path


def command(folder: Path, config: Path) -> list[str]:
    words = ["-m", "winnow_reproduction.study", str(config), "--folder", str(folder)]
    return [sys.executable, *words]


def lines(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def numbers(log: Path) -> list[dict]:
    """The log without its clocks."""
    clocks = ("seconds", "sampling", "grading", "cpu", "price")
    return [
        {k: v for k, v in line.items() if k not in clocks}
        for line in lines(log)
        if "run" not in line
    ]
