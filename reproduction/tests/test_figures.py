"""The generator: determinism, planted truth, answers, and the Parquet layout."""

import io
import json
import random

import numpy as np
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from PIL import Image

from winnow_reproduction import figures
from winnow_reproduction.questions import FAMILIES, LETTERS
from winnow_reproduction.scenes import (
    CELL,
    COLORS,
    EXTREMES,
    MASKS,
    NEIGHBOURS,
    SHAPES,
    SIZES,
    png,
    random_scene,
)
from winnow_reproduction.text_questions import IRRELEVANT_FAMILIES, LANGUAGE_FAMILIES

ROWS = figures.build(600, 11)
PICTURE_COHORTS = ("visual", "easy", "hard", "mislabelled")


def seen(file: bytes) -> list[dict]:
    """The figures found in the pixels alone, by nearest colour and exact outline."""
    pixels = np.asarray(Image.open(io.BytesIO(file)).convert("RGB")).astype(int)
    tones, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    background = tones[counts.argmax()]
    found = []
    for row in range(4):
        for col in range(4):
            cell = pixels[row * CELL : (row + 1) * CELL, col * CELL : (col + 1) * CELL]
            ink = (cell != background).any(-1)
            if not ink.any():
                continue
            ys, xs = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
            outline = ink[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
            shape, size = next(
                key
                for key, mask in MASKS.items()
                if trimmed(mask).shape == outline.shape and (trimmed(mask) == outline).all()
            )
            tone = cell[ink][0]
            color = min(COLORS, key=lambda name: np.abs(tone - COLORS[name]).sum())
            found.append({"row": row, "col": col, "shape": shape, "size": size, "color": color})
    return found


def trimmed(mask: np.ndarray) -> np.ndarray:
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return mask[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]


def furthest(objects: list[dict], direction: str) -> dict:
    key, sign = {
        "leftmost": ("col", 1), "rightmost": ("col", -1),
        "topmost": ("row", 1), "bottommost": ("row", -1),
    }[direction]  # fmt: skip
    return min(objects, key=lambda o: sign * o[key])


def matching(objects: list[dict], **wanted: str) -> list[dict]:
    return [o for o in objects if all(o[key] == value for key, value in wanted.items())]


def option_letter(text: str, word: str) -> str:
    tokens = text.split("Choices: ")[1].split()
    return tokens[tokens.index(word) - 1].rstrip(".")


def solve(family: str, args: dict, text: str, objects: list[dict]) -> str:
    """The answer, worked out anew from what is seen."""
    if family in ("more", "add", "twice"):
        n, m = (len(matching(objects, color=args[key])) for key in ("a", "b"))
        verdict = args["a"] if n > m else args["b"] if m > n else "same"
        return {"more": verdict, "add": str(n + m), "twice": str(2 * n + m)}[family]
    if family == "total":
        return str(len(objects))
    if family == "count":
        return str(len(matching(objects, **args)))
    if family == "exist":
        return "yes" if matching(objects, **args) else "no"
    if family == "same":
        return str(len(matching(objects, color=furthest(objects, args["direction"])["color"])))
    if family == "extreme":
        return furthest(objects, args["direction"])[args["asks"]]
    if family == "choice_extreme":
        return option_letter(text, furthest(objects, args["direction"])["color"])
    if family == "next_to":
        (start,) = matching(objects, color=args["color"], shape=args["shape"])
        dy, dx = NEIGHBOURS[args["direction"]]
        (there,) = matching(objects, row=start["row"] + dy, col=start["col"] + dx)
        return there[args["asks"]]
    (only,) = matching(objects, **args)
    if family == "choice_color":
        return option_letter(text, only["color"])
    return only[{"color_of": "color", "shape_of": "shape", "size_of": "size"}[family]]


def test_the_same_seed_gives_the_same_rows_and_another_seed_does_not():
    again = figures.build(600, 11)
    assert again == ROWS
    assert [png(row.scene) for row in again[:50]] == [png(row.scene) for row in ROWS[:50]]
    assert figures.build(600, 12) != ROWS


def test_gold_answers_follow_from_the_pixels():
    rows = [row for row in ROWS if row.cohort in PICTURE_COHORTS]
    assert {row.question.family for row in rows} == {family.__name__ for family in FAMILIES}
    for row in rows:
        q = row.question
        assert solve(q.family, q.args, q.text, seen(png(row.scene))) == q.answer, (row.id, q)


def test_mislabelled_rows_are_wrong_and_all_others_right():
    for row in ROWS:
        assert (row.answer != row.question.answer) == (row.cohort == "mislabelled"), row.id


def test_answers_are_of_their_kind():
    words = {
        "color": set(COLORS),
        "yesno": {"yes", "no"},
        "letter": set(LETTERS),
        "word": {*SHAPES, *SIZES, "same"},
    }
    for row in ROWS:
        kind = row.question.kind
        right = row.answer.isdigit() if kind == "integer" else row.answer in words[kind]
        # A wrong answer to "more" may be a colour where the gold is "same".
        assert right or (row.cohort == "mislabelled" and row.answer in COLORS), (row.id, row.answer)


def test_text_questions_are_answered_by_their_own_words():
    """Arithmetic redone from the numbers in the text, for the families that allow it."""
    rng = random.Random(3)
    for _ in range(200):
        for family in LANGUAGE_FAMILIES + IRRELEVANT_FAMILIES:
            q = family(rng)
            numbers = [int(w.strip("?.,")) for w in q.text.split() if w.strip("?.,").isdigit()]
            if q.family in ("stated", "arith"):
                assert q.answer == str(sum(numbers))
            elif q.family == "arith2":
                assert q.answer == str(numbers[0] * numbers[1] + numbers[2])
            elif q.family == "larger":
                assert q.answer == str(max(numbers))
            elif q.family == "arith_choice":
                assert q.answer == option_letter(q.text, str(numbers[0] + numbers[1]))
            elif q.family.startswith("given"):
                assert (q.chain.split("; ")[0] + ".").lower() in q.text.lower()


def test_cohort_shares_follow_the_mix():
    counts = {name: sum(row.cohort == name for row in ROWS) for name in vars(figures.Mix())}
    for name, share in vars(figures.Mix()).items():
        assert counts[name] == pytest.approx(share * len(ROWS), abs=3)


def test_pictures_stay_below_a_kilobyte():
    rng = random.Random(1)
    files = [png(random_scene(rng, 9, 9)) for _ in range(100)]
    assert max(map(len, files)) < 1000
    assert Image.open(io.BytesIO(files[0])).size == (64, 64)


def test_extremes_need_one_figure_alone_in_its_place():
    rng = random.Random(2)
    shared = 0
    for _ in range(200):
        scene = random_scene(rng, 2, 6)
        for direction, rank in EXTREMES.items():
            tied = sorted(map(rank, scene.figures))[:2]
            shared += tied[0] == tied[1]
            assert (scene.extreme(direction) is None) == (tied[0] == tied[1])
    assert shared


def test_the_parquet_file_loads_with_datasets_and_its_pictures_decode(tmp_path):
    data, truth = tmp_path / "data.parquet", tmp_path / "truth.jsonl"
    figures.write(ROWS[:40], data, truth)
    loaded = load_dataset(
        "parquet", data_files=str(data), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded.features == figures.FEATURES
    first = loaded[0]["images"][0].convert("RGB")
    assert (np.asarray(first) == np.asarray(Image.open(io.BytesIO(png(ROWS[0].scene))))).all()
    assert all(problem.count("<image>") == 1 for problem in loaded["problem"])
    schema = pq.read_schema(data)
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["images"] == {"feature": {"_type": "Image"}, "_type": "List"}
    assert set(schema.names).isdisjoint({"cohort", "family", "gold"})
    known = [json.loads(line) for line in truth.read_text().splitlines()]
    assert [k["id"] for k in known] == loaded["id"][:]
    assert [k["cohort"] for k in known] == [row.cohort for row in ROWS[:40]]
