"""Questions about a scene that need the picture, with reasoning and verifiable answers.

A family is a function from a scene to a question, or to None where the scene does
not allow it. `steps` counts the look-ups and calculations the answer takes. A chain
names a thing right before its number or letter ("red 2", "blue A"): with the thing as
the current token a small model learns the look-up sooner (`more` was at 0.70 after 1,200
steps, against 0.34 after 2,000 with the number first).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .scenes import COLORS, EXTREMES, NEIGHBOURS, SHAPES, Scene, random_scene

LETTERS = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Question:
    """One question; `args` are the facts it was built from, `chain` the reasoning."""

    family: str
    steps: int
    kind: str  # integer, color, word, yesno or letter
    text: str
    chain: str
    answer: str
    args: dict = field(default_factory=dict)

    @property
    def response(self) -> str:
        """The response the nano model is taught."""
        return self.response_with(self.answer)

    def response_with(self, answer: str) -> str:
        """The response that ends in this answer, the chain too where it ended in the right one."""
        chain = self.chain
        if chain.endswith(self.answer):
            chain = chain.removesuffix(self.answer) + answer
        return f"<think>{chain}</think> \\boxed{{{answer}}}"


def article(word: str) -> str:
    """`a red`, `an orange`."""
    return f"an {word}" if word == "orange" else f"a {word}"


def with_choices(
    rng: random.Random, text: str, right: str, pool: tuple[str, ...]
) -> tuple[str, str]:
    """The question with four lettered options in random order, and the right letter."""
    options = [right, *rng.sample([word for word in pool if word != right], 3)]
    rng.shuffle(options)
    listed = " ".join(f"{letter}. {word}" for letter, word in zip(LETTERS, options, strict=True))
    return f"{text} Choices: {listed}", LETTERS[options.index(right)]


def _color_text(rng: random.Random, what: str) -> str:
    return rng.choice((f"What color is the {what}?", f"What is the color of the {what}?"))


def _shape_text(rng: random.Random, what: str) -> str:
    return rng.choice((f"What shape is the {what}?", f"What is the shape of the {what}?"))


def _pick_unique(scene: Scene, rng: random.Random, *keys: str):
    """A figure that no other figure equals in all of `keys`, or None."""
    unique = [
        f for f in scene.figures if len(scene.having(**{k: getattr(f, k) for k in keys})) == 1
    ]
    return rng.choice(unique) if unique else None


def color_of(scene: Scene, rng: random.Random) -> Question | None:
    f = _pick_unique(scene, rng, "shape")
    if f is None:
        return None
    text, chain = _color_text(rng, f.shape), f"the {f.shape} is {f.color}"
    return Question("color_of", 1, "color", text, chain, f.color, {"shape": f.shape})


def shape_of(scene: Scene, rng: random.Random) -> Question | None:
    f = _pick_unique(scene, rng, "color")
    if f is None:
        return None
    text = _shape_text(rng, f"{f.color} object")
    chain = f"the {f.color} object is a {f.shape}"
    return Question("shape_of", 1, "word", text, chain, f.shape, {"color": f.color})


def size_of(scene: Scene, rng: random.Random) -> Question | None:
    f = _pick_unique(scene, rng, "color", "shape")
    if f is None:
        return None
    what = f"{f.color} {f.shape}"
    text = rng.choice((f"Is the {what} big or small?", f"What size is the {what}, big or small?"))
    args = {"color": f.color, "shape": f.shape}
    return Question("size_of", 1, "word", text, f"the {what} is {f.size}", f.size, args)


def exist(scene: Scene, rng: random.Random) -> Question | None:
    if rng.random() < 0.5:
        f = rng.choice(scene.figures)
        color, shape = f.color, f.shape
    else:  # half of a present figure, so that neither word alone gives the answer away
        f = rng.choice(scene.figures)
        swap = rng.random() < 0.5
        color = rng.choice(tuple(COLORS)) if swap else f.color
        shape = f.shape if swap else rng.choice(SHAPES)
        if scene.having(color=color, shape=shape):
            return None
    what = f"{article(color)} {shape}"
    text = rng.choice((f"Is there {what}?", f"Do you see {what}?"))
    found = bool(scene.having(color=color, shape=shape))
    chain = f"there is {what}" if found else f"there is no {color} {shape}"
    args = {"color": color, "shape": shape}
    return Question("exist", 1, "yesno", text, chain, "yes" if found else "no", args)


def choice_color(scene: Scene, rng: random.Random) -> Question | None:
    f = _pick_unique(scene, rng, "shape")
    if f is None:
        return None
    text, letter = with_choices(rng, _color_text(rng, f.shape), f.color, tuple(COLORS))
    chain = f"the {f.shape} is {f.color}; {f.color} {letter}"
    return Question("choice_color", 2, "letter", text, chain, letter, {"shape": f.shape})


def count(scene: Scene, rng: random.Random) -> Question | None:
    if rng.random() < 0.7:
        args = {"color": rng.choice(scene.figures if rng.random() < 0.8 else ANY).color}
        what = f"{args['color']} objects"
    else:
        args = {"shape": rng.choice(scene.figures).shape}
        what = plural(args["shape"])
    text = rng.choice((f"How many {what} are there?", f"Count the {what}."))
    n = len(scene.having(**args))
    return Question("count", 2, "integer", text, f"I see {what.split()[0]} {n}", str(n), args)


def total(scene: Scene, rng: random.Random) -> Question:
    text = rng.choice(("How many objects are there?", "Count all objects."))
    n = len(scene.figures)
    return Question("total", 2, "integer", text, f"I see objects {n}", str(n))


def extreme(scene: Scene, rng: random.Random) -> Question | None:
    direction = rng.choice(tuple(EXTREMES))
    f = scene.extreme(direction)
    if f is None:
        return None
    asks = rng.choice(("color", "shape"))
    text = (_color_text if asks == "color" else _shape_text)(rng, f"{direction} object")
    chain = f"the {direction} object is {article(f.color)} {f.shape}"
    kind, answer = ("color", f.color) if asks == "color" else ("word", f.shape)
    return Question("extreme", 2, kind, text, chain, answer, {"direction": direction, "asks": asks})


def choice_extreme(scene: Scene, rng: random.Random) -> Question | None:
    direction = rng.choice(tuple(EXTREMES))
    f = scene.extreme(direction)
    if f is None:
        return None
    asked = _color_text(rng, f"{direction} object")
    text, letter = with_choices(rng, asked, f.color, tuple(COLORS))
    chain = f"the {direction} object is {f.color}; {f.color} {letter}"
    return Question("choice_extreme", 3, "letter", text, chain, letter, {"direction": direction})


def _two_colors(scene: Scene, rng: random.Random) -> tuple[str, str, int, int]:
    """Two colours, the first one present, and how many figures have each."""
    first = rng.choice(scene.figures).color
    second = rng.choice([c for c in COLORS if c != first])
    if rng.random() < 0.5:
        first, second = second, first
    return first, second, len(scene.having(color=first)), len(scene.having(color=second))


def more(scene: Scene, rng: random.Random) -> Question:
    a, b, n, m = _two_colors(scene, rng)
    text = f"Are there more {a} or more {b} objects, or the same?"
    answer = a if n > m else b if m > n else "same"
    kind = "word" if answer == "same" else "color"
    return Question("more", 2, kind, text, f"I see {a} {n} and {b} {m}", answer, {"a": a, "b": b})


def add(scene: Scene, rng: random.Random) -> Question:
    a, b, n, m = _two_colors(scene, rng)
    text = rng.choice(
        (
            f"How many {a} and {b} objects are there together?",
            f"What is the number of {a} objects plus the number of {b} objects?",
        )
    )
    chain = f"I see {a} {n} and {b} {m}; {n} plus {m} is {n + m}"
    return Question("add", 3, "integer", text, chain, str(n + m), {"a": a, "b": b})


def twice(scene: Scene, rng: random.Random) -> Question:
    a, b, n, m = _two_colors(scene, rng)
    text = f"What is 2 times the number of {a} objects plus the number of {b} objects?"
    chain = f"I see {a} {n} and {b} {m}; {2 * n} plus {m} is {2 * n + m}"
    return Question("twice", 3, "integer", text, chain, str(2 * n + m), {"a": a, "b": b})


def same(scene: Scene, rng: random.Random) -> Question | None:
    direction = rng.choice(tuple(EXTREMES))
    f = scene.extreme(direction)
    if f is None:
        return None
    text = f"How many objects have the same color as the {direction} object?"
    n = len(scene.having(color=f.color))  # the object itself counts
    chain = f"the {direction} object is {f.color}; I see {f.color} {n}"
    return Question("same", 3, "integer", text, chain, str(n), {"direction": direction})


def next_to(scene: Scene, rng: random.Random) -> Question | None:
    f = _pick_unique(scene, rng, "color", "shape")
    if f is None:
        return None
    direction = rng.choice(tuple(NEIGHBOURS))
    g = scene.neighbour(f, direction)
    if g is None:
        return None
    where = f"to the {direction} of" if direction in ("left", "right") else direction
    asks = rng.choice(("color", "shape"))
    text = f"What {asks} is the object {where} the {f.color} {f.shape}?"
    chain = f"{where} the {f.color} {f.shape} is {article(g.color)} {g.shape}"
    kind, answer = ("color", g.color) if asks == "color" else ("word", g.shape)
    args = {"color": f.color, "shape": f.shape, "direction": direction, "asks": asks}
    return Question("next_to", 3, kind, text, chain, answer, args)


def plural(word: str) -> str:
    """`circles`, `crosses`."""
    return f"{word}es" if word.endswith("s") else f"{word}s"


@dataclass(frozen=True)
class _Color:
    color: str


ANY = tuple(_Color(color) for color in COLORS)  # asks for colours that may be absent

Family = Callable[[Scene, random.Random], Question | None]
FAMILIES: tuple[Family, ...] = (
    color_of, shape_of, size_of, exist,
    choice_color, count, total, extreme, more,
    choice_extreme, add, twice, same, next_to,
)  # fmt: skip
EASY_FAMILIES: tuple[Family, ...] = (color_of, shape_of, size_of, exist, count, total)
HARD_FAMILIES: tuple[Family, ...] = (more, choice_extreme, add, twice, same, next_to)


def ask(
    rng: random.Random, families: tuple[Family, ...], fewest: int, most: int
) -> tuple[Scene, Question]:
    """A random family, uniformly, and a random scene of `fewest` to `most` figures for it."""
    family = rng.choice(families)
    while True:
        scene = random_scene(rng, fewest, most)
        question = family(scene, rng)
        if question is not None:
            return scene, question
