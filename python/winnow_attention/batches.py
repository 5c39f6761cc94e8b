"""Which sequences go through the model together."""

from dataclasses import dataclass

from .model import Sequence


@dataclass(frozen=True)
class Batch:
    """Places of requests that go through the model together; `shared`: all have one prompt."""

    places: list[int]
    shared: bool = False


def plan_batches(
    sequences: dict[int, Sequence],
    prompt_of: dict[int, int],
    batch_tokens: int,
    share_tokens: int | None,
) -> list[Batch]:
    """Every sequence once, the longest batch last.

    `sequences` and `prompt_of` by place; a batch has at most `batch_tokens` tokens, padding
    included. Sequences of one prompt share it where that spares `share_tokens` (None: never); the
    others are with those whose pixels have the same shape.
    """
    prompts: dict[int, list[int]] = {}
    for place in sequences:
        prompts.setdefault(prompt_of[place], []).append(place)
    batches: list[Batch] = []
    kinds: dict[tuple, list[int]] = {}
    for places in prompts.values():
        spared = (len(places) - 1) * sequences[places[0]].start
        if share_tokens is not None and len(places) > 1 and spared >= share_tokens:
            parts = _fill(places, sequences, batch_tokens)
            batches += [Batch(part, len(part) > 1) for part in parts]
        else:
            for place in places:
                kinds.setdefault(sequences[place].kind, []).append(place)
    for places in kinds.values():
        batches += [Batch(part) for part in _fill(places, sequences, batch_tokens)]
    return sorted(batches, key=lambda batch: sequences[batch.places[-1]].length)


def _fill(places: list[int], sequences: dict[int, Sequence], batch_tokens: int) -> list[list[int]]:
    """Nearly equally long ones together, as many as `batch_tokens` allow."""
    batches: list[list[int]] = [[]]
    for place in sorted(places, key=lambda place: sequences[place].length):
        if batches[-1] and (len(batches[-1]) + 1) * sequences[place].length > batch_tokens:
            batches.append([])
        batches[-1].append(place)
    return batches
