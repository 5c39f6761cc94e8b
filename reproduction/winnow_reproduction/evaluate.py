"""Pass rates of the model by family, cohort and arm, and what CDE keeps of the examples."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from . import figures
from .questions import FAMILIES
from .rollouts import OnnxNano, Prompt

ROLLOUTS = 5  # the paper's M
LAMBDA_C = 0.5  # the paper's threshold on D


def correct_counts(
    nano: OnnxNano, rows: list[figures.Row], with_image: bool, temperature: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """How many of M rollouts give the answer column, and how many have a box. -> 2 x [rows]"""
    samples = ROLLOUTS if temperature else 1
    prompts = [Prompt(row.problem, row.scene if with_image else None) for row in rows]
    answers = nano.answers(prompts, samples, temperature, seed)
    right = [sum(a == row.answer for a in found) for row, found in zip(rows, answers, strict=True)]
    boxed = [sum(a is not None for a in found) for found in answers]
    return np.array(right), np.array(boxed)


def histogram(counts: np.ndarray) -> list[int]:
    """How many rows have 0, 1, ... M correct rollouts. -> [M + 1]"""
    return np.bincount(counts, minlength=ROLLOUTS + 1).tolist()


def by_family(directory: Path, seed: int, each: int = 60) -> dict:
    """Test accuracy on clean visual rows, `each` per family, 2 to 6 figures."""
    nano = OnnxNano(directory)
    rows = figures.build(each * len(FAMILIES), seed, figures.Mix(1, 0, 0, 0, 0, 0))
    greedy, _ = correct_counts(nano, rows, True, 0.0, seed)
    sampled, boxed = correct_counts(nano, rows, True, 1.0, seed)
    blind, blind_boxed = correct_counts(nano, rows, False, 1.0, seed)
    families = defaultdict(list)
    for i, row in enumerate(rows):
        families[row.question.family].append(i)

    def rates(index: list[int] | slice) -> dict:
        return {
            "greedy": round(float(greedy[index].mean()), 3),
            "image": round(float(sampled[index].mean()) / ROLLOUTS, 3),
            "text": round(float(blind[index].mean()) / ROLLOUTS, 3),
        }

    return {
        "rows": len(rows),
        "all": rates(slice(None)),
        "in_format": {
            "image": round(float(boxed.mean()) / ROLLOUTS, 4),
            "text": round(float(blind_boxed.mean()) / ROLLOUTS, 4),
        },
        "families": {f.__name__: rates(families[f.__name__]) for f in FAMILIES},
    }


def by_cohort(directory: Path, rows: list[figures.Row], seed: int) -> dict:
    """Both arms over the dataset as a selector sees it, by planted cohort."""
    nano = OnnxNano(directory)

    def draw(seeds: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        image, _ = correct_counts(nano, rows, True, 1.0, seeds[0])
        text, _ = correct_counts(nano, rows, False, 1.0, seeds[1])
        return image, text, (image - text) / ROLLOUTS > LAMBDA_C

    image, text, kept = draw((seed, seed + 1))
    _, _, again = draw((seed + 2, seed + 3))
    cohorts = np.array([row.cohort for row in rows])

    def figures_of(chosen: np.ndarray) -> dict:
        return {
            "rows": int(chosen.sum()),
            "image": round(float(image[chosen].mean()) / ROLLOUTS, 3),
            "text": round(float(text[chosen].mean()) / ROLLOUTS, 3),
            "kept": int(kept[chosen].sum()),
            "image_counts": histogram(image[chosen]),
            "text_counts": histogram(text[chosen]),
        }

    everything = figures_of(np.ones(len(rows), bool))
    everything["share"] = round(float(kept.mean()), 4)
    everything["kept_again"] = round(float((kept & again).sum() / kept.sum()), 3)
    everything["easy_kept"] = int((kept & (image == ROLLOUTS)).sum())
    return {
        "all": everything,
        "cohorts": {name: figures_of(cohorts == name) for name in dict.fromkeys(cohorts)},
    }
