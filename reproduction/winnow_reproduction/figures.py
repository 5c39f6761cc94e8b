"""The figures dataset: planted cohorts, written as Hugging Face Parquet.

The truth goes into a separate file that a selector never reads.
"""

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

from datasets import Dataset, Features, Image, List, Value

from .questions import EASY_FAMILIES, FAMILIES, HARD_FAMILIES, Question, ask
from .scenes import Scene, png, random_scene
from .text_questions import IRRELEVANT_FAMILIES, LANGUAGE_FAMILIES, another_answer, ask_text

FEATURES = Features(
    {
        "id": Value("string"),
        "problem": Value("string"),
        "answer": Value("string"),
        "images": List(Image()),
        "source": Value("string"),
        "level": Value("int64"),
    }
)


@dataclass(frozen=True)
class Mix:
    """Shares of the cohorts, summing to 1.

    CDE keeps about a tenth of this mix with the shipped model, a quarter with a model that
    never looks away: the kept share depends on the model as much as on the mix. If the
    model changes, fix it first and then move `visual`; kept is about 0.27 x its share.
    """

    visual: float = 0.19  # needs the picture, 2 to 6 figures
    easy: float = 0.10  # needs the picture, 1 or 2 figures, one look
    hard: float = 0.08  # needs the picture, 4 to 6 figures, several steps
    text: float = 0.31  # the question text alone gives the answer
    irrelevant: float = 0.28  # nothing to do with any picture
    mislabelled: float = 0.04  # a visual row whose answer column is wrong


@dataclass(frozen=True)
class Row:
    """One row of the dataset with everything known about it."""

    id: str
    cohort: str
    scene: Scene
    question: Question
    answer: str  # the answer column; differs from `question.answer` if mislabelled
    problem: str


def _draw(rng: random.Random, cohort: str) -> tuple[Scene, Question]:
    if cohort == "easy":
        return ask(rng, EASY_FAMILIES, 1, 2)
    if cohort == "hard":
        return ask(rng, HARD_FAMILIES, 4, 6)
    if cohort == "text":
        return random_scene(rng, 1, 6), ask_text(rng, LANGUAGE_FAMILIES)
    if cohort == "irrelevant":
        return random_scene(rng, 1, 6), ask_text(rng, IRRELEVANT_FAMILIES)
    return ask(rng, FAMILIES, 2, 6)


def build(size: int, seed: int, mix: Mix | None = None) -> list[Row]:
    """`size` rows in random order; the same arguments give the same rows."""
    rng = random.Random(seed)
    shares = asdict(mix or Mix())
    cohorts = [cohort for cohort, share in shares.items() for _ in range(round(share * size))]
    cohorts = (cohorts + ["visual"] * size)[:size]  # rounding may leave a few places
    rng.shuffle(cohorts)
    rows = []
    for i, cohort in enumerate(cohorts):
        scene, question = _draw(rng, cohort)
        wrong = cohort == "mislabelled"
        answer = another_answer(rng, question) if wrong else question.answer
        last = rng.random() < 0.25
        problem = f"{question.text}<image>" if last else f"<image>{question.text}"
        rows.append(Row(f"figures-{i:05d}", cohort, scene, question, answer, problem))
    return rows


def write(rows: list[Row], data: Path, truth: Path) -> None:
    """The Parquet file, and the truth as JSON lines in the same order."""
    records = [
        {
            "id": row.id,
            "problem": row.problem,
            "answer": row.answer,
            "images": [{"bytes": png(row.scene), "path": f"{row.id}.png"}],
            "source": "figures",
            "level": row.question.steps,
        }
        for row in rows
    ]
    data.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_list(records, features=FEATURES).to_parquet(data)
    with truth.open("w") as file:
        for row in rows:
            q = row.question
            known = {"id": row.id, "cohort": row.cohort, "family": q.family, "steps": q.steps}
            known |= {"kind": q.kind, "gold": q.answer, "figures": len(row.scene.figures)}
            file.write(json.dumps(known) + "\n")
