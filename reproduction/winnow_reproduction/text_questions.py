"""Questions that the text alone answers, or that no picture could help with."""

import random
from collections.abc import Callable

from .questions import Question, plural, with_choices
from .scenes import COLORS, SHAPES, UNSEEN_COLORS

NUMBERS = tuple(str(n) for n in range(19))
SIDES = {"triangle": 3, "square": 4}


def stated(rng: random.Random) -> Question:
    n, m = rng.randint(0, 6), rng.randint(0, 6)
    a, b = (plural(shape) for shape in rng.sample(SHAPES, 2))
    text = f"There are {n} {a} and {m} {b}. How many {a} and {b} are there together?"
    return Question("stated", 2, "integer", text, f"{n} plus {m} is {n + m}", str(n + m))


def stated_more(rng: random.Random) -> Question:
    n, m = rng.randint(0, 6), rng.randint(0, 6)
    a, b = rng.sample(tuple(COLORS), 2)
    text = (
        f"There are {n} {a} and {m} {b} objects. Are there more {a} or more {b} objects, "
        "or the same?"
    )
    answer = a if n > m else b if m > n else "same"
    kind = "word" if answer == "same" else "color"
    return Question("stated_more", 2, kind, text, f"I see {a} {n} and {b} {m}", answer)


def given(rng: random.Random) -> Question:
    shape, color = rng.choice(SHAPES), rng.choice(tuple(COLORS))
    if rng.random() < 0.5:
        text = f"The {shape} is {color}. What color is the {shape}?"
        return Question("given", 1, "color", text, f"the {shape} is {color}", color)
    text = f"The {color} object is a {shape}. What shape is the {color} object?"
    return Question("given", 1, "word", text, f"the {color} object is a {shape}", shape)


def given_choice(rng: random.Random) -> Question:
    shape, color = rng.choice(SHAPES), rng.choice(tuple(COLORS))
    asked = f"The {shape} is {color}. What color is the {shape}?"
    text, letter = with_choices(rng, asked, color, tuple(COLORS))
    chain = f"the {shape} is {color}; {color} {letter}"
    return Question("given_choice", 2, "letter", text, chain, letter)


def unseen(rng: random.Random) -> Question:
    color, shape = rng.choice(UNSEEN_COLORS), rng.choice(SHAPES)
    text = rng.choice((f"Is there a {color} {shape}?", f"Do you see a {color} {shape}?"))
    return Question("unseen", 1, "yesno", text, f"there is no {color} {shape}", "no")


def sides(rng: random.Random) -> Question:
    shape, part = rng.choice(tuple(SIDES)), rng.choice(("sides", "corners"))
    n = SIDES[shape]
    text = f"How many {part} does a {shape} have?"
    return Question("sides", 1, "integer", text, f"a {shape} has {n} {part}", str(n))


def arith(rng: random.Random) -> Question:
    n, m = rng.randint(0, 9), rng.randint(0, 9)
    text = rng.choice((f"What is {n} plus {m}?", f"Add {n} and {m}."))
    return Question("arith", 1, "integer", text, f"{n} plus {m} is {n + m}", str(n + m))


def arith2(rng: random.Random) -> Question:
    n, m, k = rng.randint(2, 3), rng.randint(0, 5), rng.randint(0, 3)
    text = f"What is {n} times {m} plus {k}?"
    chain = f"{n} times {m} is {n * m}; {n * m} plus {k} is {n * m + k}"
    return Question("arith2", 2, "integer", text, chain, str(n * m + k))


def larger(rng: random.Random) -> Question:
    n, m = rng.sample(range(19), 2)
    text = rng.choice((f"Which is larger, {n} or {m}?", f"Is {n} or {m} the larger number?"))
    chain = f"{max(n, m)} is more than {min(n, m)}"
    return Question("larger", 1, "integer", text, chain, str(max(n, m)))


def arith_choice(rng: random.Random) -> Question:
    n, m = rng.randint(0, 9), rng.randint(0, 9)
    text, letter = with_choices(rng, f"What is {n} plus {m}?", str(n + m), NUMBERS)
    chain = f"{n} plus {m} is {n + m}; {n + m} {letter}"
    return Question("arith_choice", 2, "letter", text, chain, letter)


TextFamily = Callable[[random.Random], Question]
LANGUAGE_FAMILIES: tuple[TextFamily, ...] = (
    stated, stated_more, given, given_choice, unseen, sides,
)  # fmt: skip
IRRELEVANT_FAMILIES: tuple[TextFamily, ...] = (arith, arith2, larger, arith_choice)


def ask_text(rng: random.Random, families: tuple[TextFamily, ...]) -> Question:
    """A question of a random family, uniformly."""
    return rng.choice(families)(rng)


def another_answer(rng: random.Random, question: Question) -> str:
    """A wrong answer of the same kind: what a careless annotator, or model, would write."""
    n = question.answer
    if question.kind == "integer":
        value = int(n)
        return str(rng.choice([v for v in range(max(0, value - 2), value + 3) if v != value]))
    pools = {
        "color": tuple(COLORS),
        "yesno": ("yes", "no"),
        "letter": ("A", "B", "C", "D"),
        "word": ("big", "small") if n in ("big", "small") else SHAPES,
    }
    if n == "same":
        return rng.choice(tuple(color for color in COLORS if color in question.text))
    return rng.choice([word for word in pools[question.kind] if word != n])
