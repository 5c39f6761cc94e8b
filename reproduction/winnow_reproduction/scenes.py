"""Tiny pictures: up to nine flat shapes on a 4 x 4 grid, 64 x 64 pixels, RGB.

One grid cell is 16 x 16 pixels, exactly one patch of the nano model's vision tower.
"""

import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

GRID = 4
CELL = 16  # pixels
SIDE = GRID * CELL  # pixels
COLORS = {
    "red": (205, 45, 45),
    "green": (45, 150, 65),
    "blue": (45, 85, 205),
    "yellow": (235, 205, 40),
    "orange": (235, 130, 30),
    "purple": (140, 60, 170),
}
UNSEEN_COLORS = ("black", "white", "pink")  # named in questions, never drawn
SHAPES = ("circle", "square", "triangle", "cross")
SIZES = {"big": 13, "small": 8}  # pixels
NEIGHBOURS = {"right": (0, 1), "left": (0, -1), "above": (-1, 0), "below": (1, 0)}
EXTREMES = {
    "leftmost": lambda o: o.col,
    "rightmost": lambda o: -o.col,
    "topmost": lambda o: o.row,
    "bottommost": lambda o: -o.row,
}


@dataclass(frozen=True)
class Figure:
    """One shape in one cell; `dy` and `dx` place it inside the cell, in pixels."""

    row: int
    col: int
    color: str
    shape: str
    size: str
    dy: int
    dx: int

    @property
    def cell(self) -> int:
        """Index of the cell in reading order, 0 to 15."""
        return self.row * GRID + self.col


@dataclass(frozen=True)
class Scene:
    """What a picture shows; `background` is RGB, `shift` is added to every shape's RGB."""

    figures: tuple[Figure, ...]
    background: tuple[int, int, int]
    shift: tuple[int, int, int]

    def having(self, **attributes: str) -> list[Figure]:
        """The figures with all these attributes, such as `color="red"`."""
        wanted = attributes.items()
        return [f for f in self.figures if all(getattr(f, key) == value for key, value in wanted)]

    def extreme(self, direction: str) -> Figure | None:
        """The one figure furthest in that direction, or None where two share the place."""
        rank = EXTREMES[direction]
        ordered = sorted(self.figures, key=rank)
        if len(ordered) > 1 and rank(ordered[0]) == rank(ordered[1]):
            return None
        return ordered[0]

    def neighbour(self, figure: Figure, direction: str) -> Figure | None:
        """The figure in the adjacent cell, or None."""
        dy, dx = NEIGHBOURS[direction]
        at = (figure.row + dy, figure.col + dx)
        return next((f for f in self.figures if (f.row, f.col) == at), None)


def random_scene(rng: random.Random, fewest: int, most: int) -> Scene:
    """A scene of `fewest` to `most` figures (both included) in distinct cells."""
    figures = []
    for cell in rng.sample(range(GRID * GRID), rng.randint(fewest, most)):
        size = rng.choice(("big", "small"))
        room = CELL - SIZES[size]
        figures.append(
            Figure(
                row=cell // GRID,
                col=cell % GRID,
                color=rng.choice(tuple(COLORS)),
                shape=rng.choice(SHAPES),
                size=size,
                dy=rng.randint(0, room),
                dx=rng.randint(0, room),
            )
        )
    grey = rng.randint(208, 240)
    background = tuple(grey + rng.randint(-8, 8) for _ in range(3))
    shift = tuple(rng.randint(-14, 14) for _ in range(3))
    return Scene(tuple(figures), background, shift)


def _mask(shape: str, size: int) -> np.ndarray:
    """Which pixels of a `size` x `size` box belong to the shape. -> bool [size, size]"""
    y, x = np.mgrid[0:size, 0:size] + 0.5
    middle = size / 2
    if shape == "circle":
        return (y - middle) ** 2 + (x - middle) ** 2 <= middle**2
    if shape == "triangle":
        return np.abs(x - middle) <= y / 2
    if shape == "cross":
        arm = size / 6
        return (np.abs(x - middle) <= arm) | (np.abs(y - middle) <= arm)
    return np.ones((size, size), bool)


MASKS = {(shape, name): _mask(shape, pixels) for shape in SHAPES for name, pixels in SIZES.items()}


def render(scene: Scene) -> np.ndarray:
    """The picture. -> uint8 [64, 64, 3]"""
    pixels = np.empty((SIDE, SIDE, 3), np.uint8)
    pixels[:] = scene.background
    for f in scene.figures:
        ink = np.clip(np.add(COLORS[f.color], scene.shift), 0, 255).astype(np.uint8)
        side = SIZES[f.size]
        y, x = f.row * CELL + f.dy, f.col * CELL + f.dx
        pixels[y : y + side, x : x + side][MASKS[f.shape, f.size]] = ink
    return pixels


def png(scene: Scene) -> bytes:
    """The picture as a PNG file, below 1 kB."""
    out = io.BytesIO()
    Image.fromarray(render(scene)).save(out, "PNG", optimize=True)
    return out.getvalue()
