"""Runs that the repository's logs already hold, put back so that nobody trains them again.

A kept log is believed only where it is the very run that would be trained: the same
settings, and in every step the rows that this selection and seed deal out, holding as many
prompt tokens as this data's prompts. A fresh checkout goes on from there.
"""

import json
from functools import cache
from pathlib import Path

from .policy_gradient import Settings, describe, epochs
from .prompts import PromptSet
from .study_data import TEST_ROWS_EACH, TEST_SEED
from .study_logs import LOGS, read_lines


@cache
def kept_lines(path: Path) -> dict[str, list[dict]]:
    """The lines of every run of an experiment, by the run's name."""
    found: dict[str, list[dict]] = {}
    for line in read_lines(path) if path.exists() else []:
        if "run" in line:
            lines = found[line["run"]["name"]] = []
        lines.append(line)
    return found


def kept_log(
    experiment: str,
    about: dict,
    rows: list[int],
    settings: Settings,
    data: PromptSet,
    logs: Path = LOGS,
) -> list[dict] | None:
    """The lines of the kept log of this very run, None without one. `about` is its first line."""
    runs = kept_lines(logs / f"{experiment}.jsonl.gz")
    lines = runs.get(about["name"])
    if lines is None or not _same_facts(lines[0]["run"], about, settings):
        return None
    twin = lines[0].get("same_as")
    steps = [line for line in runs.get(f"{experiment}/{twin}", lines) if "step" in line]
    dealt = epochs(rows, settings.prompts, settings.seed)
    if len(steps) != settings.steps or not all(
        line["rows"] == batch and line["prompt_tokens"] == _prompt_tokens(data, batch)
        for line, batch in zip(steps, dealt, strict=False)
    ):
        return None
    return lines


def _same_facts(kept: dict, about: dict, settings: Settings) -> bool:
    known = {"test_seed": TEST_SEED, "test_each": TEST_ROWS_EACH, "refresh": None, **kept}
    facts = {key: value for key, value in about.items() if key != "price"}
    facts |= {"refresh": about.get("refresh"), **describe(settings)}
    return all(known.get(key) == value for key, value in facts.items()) and not facts["refresh"]


def _prompt_tokens(data: PromptSet, rows: list[int]) -> int:
    return sum(len(data.with_image[row]) for row in rows)


def write_log(path: Path, lines: list[dict]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
