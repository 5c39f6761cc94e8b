"""Requests in, records out: batched by length, halved when memory runs out."""

import gc
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from .columns import ColumnScorer, OptionSet, Scores
from .last_layer import response_blocks
from .model import Model, Response, Sequence, UnusableInputError

log = logging.getLogger("winnow.attention")


@dataclass
class Counters:
    """What a worker has done since it started."""

    responses: int = 0
    failed: int = 0
    batches: int = 0
    tokens: int = 0
    retokenised: int = 0
    mismatches: int = 0
    out_of_memory: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Request:
    """`prompt`: place in the list of prompts."""

    prompt: int
    response: Response


class Meter:
    """Measures responses; `batch_tokens`: tokens of a batch at most, padding included."""

    def __init__(self, model: Model, batch_tokens: int = 16384):
        self.model = model
        self.batch_tokens = batch_tokens
        self.counters = Counters()

    def measure(
        self,
        prompts: list[list[dict]],
        requests: list[Request],
        option_sets: dict[str, OptionSet],
        token_scores: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[dict]:
        """One record per request, in order: its scores, or {"error": {code, message}}."""
        results: list[dict] = [_failure("cancelled", "the client went away")] * len(requests)
        sequences: dict[int, Sequence] = {}
        read: dict[int, dict | UnusableInputError] = {}
        for place, request in enumerate(requests):
            try:
                sequences[place] = self._read(prompts, request, read)
            except UnusableInputError as error:
                results[place] = _failure("input", str(error))
        batches = self._batches(sequences)
        while batches and not cancelled():
            places = batches.pop()
            try:
                scores = self._run([sequences[place] for place in places], option_sets)
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                # Handled below, when the error's traceback no longer holds the batch's tensors.
                scores = None
            if scores is None:
                batches += self._halve(places, sequences, results)
                continue
            for place, found in zip(places, scores, strict=True):
                results[place] = (
                    self._record(sequences[place], found, token_scores)
                    if isinstance(found, Scores)
                    else _failure("numbers", str(found))
                )
        self.counters.responses += sum("psi" in result for result in results)
        self.counters.failed += sum("error" in result for result in results)
        return results

    def _read(self, prompts: list, request: Request, read: dict) -> Sequence:
        if request.prompt not in read:
            try:
                read[request.prompt] = self.model.read_prompt(prompts[request.prompt])
            except UnusableInputError as error:
                read[request.prompt] = error
        prompt = read[request.prompt]
        if isinstance(prompt, UnusableInputError):
            raise prompt
        sequence = self.model.join(prompt, request.response)
        self.counters.retokenised += request.response.token_ids is None
        self.counters.mismatches += sequence.mismatch
        return sequence

    def _batches(self, sequences: dict[int, Sequence]) -> list[list[int]]:
        """Places of equally shaped sequences, nearly equally long, the longest batch last."""
        kinds: dict[tuple, list[int]] = {}
        for place, sequence in sequences.items():
            kinds.setdefault(sequence.kind, []).append(place)
        batches = []
        for places in kinds.values():
            batch: list[int] = []
            for place in sorted(places, key=lambda place: sequences[place].length):
                if (len(batch) + 1) * sequences[place].length > self.batch_tokens and batch:
                    batches.append(batch)
                    batch = []
                batch.append(place)
            batches.append(batch)
        return sorted(batches, key=lambda batch: sequences[batch[-1]].length)

    def _run(self, batch: list[Sequence], option_sets: dict) -> list[Scores | ValueError]:
        tensors = self.model.load(batch)
        captured = self.model.layer.run(tensors)
        self.counters.batches += 1
        self.counters.tokens += tensors["input_ids"].numel()
        found = []
        for row, sequence in enumerate(batch):
            prompt = tensors["input_ids"][row, : sequence.start]
            image_keys = (prompt == self.model.image_token).nonzero()[:, 0]
            length = sequence.length - sequence.start
            scorer = ColumnScorer(option_sets, sequence.start, length, image_keys)
            try:
                for first, block in response_blocks(captured, row, sequence.start, length):
                    scorer.add_block(first, block)
                found.append(scorer.finish())
            except ValueError as error:
                found.append(error)
        return found

    def _halve(self, places: list[int], sequences: dict, results: list[dict]) -> list[list[int]]:
        """Two halves of a batch that did not fit; one response alone that does not fit fails."""
        self.counters.out_of_memory += 1
        gc.collect()
        if self.model.device.startswith("cuda"):
            torch.cuda.empty_cache()
        longest = max(sequences[place].length for place in places)
        if len(places) == 1:
            results[places[0]] = _failure(
                "memory",
                f"a prompt and response of {longest} tokens do not fit into the memory of "
                f"{self.model.device} even alone; lower the pixel limit of the images, or use a "
                "larger device",
            )
            return []
        half = len(places) // 2
        self.batch_tokens = max(1, half * longest)
        log.warning(
            "%d responses of up to %d tokens did not fit into the memory of %s; trying %d at once",
            *(len(places), longest, self.model.device, half),
        )
        return [places[:half], places[half:]]

    def _record(self, sequence: Sequence, scores: Scores, token_scores: bool) -> dict:
        ids = sequence.tokens["input_ids"][0]
        column = next(iter(scores.column.values()))
        record = {
            "psi": {
                name: {"logPsi": _finite(value), "column": scores.column[name]}
                for name, value in scores.log_psi.items()
            },
            "imageMass": scores.image_mass,
            "entropy": scores.entropy,
            "topMass": scores.top_mass,
            "token": None
            if column is None
            else self.model.decode(int(ids[sequence.start + column])),
            "promptTokens": sequence.start,
            "imageTokens": int((ids[: sequence.start] == self.model.image_token).sum()),
            "responseTokens": sequence.length - sequence.start,
            "tokenMismatch": sequence.mismatch,
        }
        if token_scores:
            record["columns"] = {
                name: [_finite(value) for value in values]
                for name, values in scores.columns.items()
            }
        return record


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for -inf."""
    return value if value > -math.inf else None


def _failure(code: str, message: str) -> dict:
    return {"error": {"code": code, "message": message}}


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error).lower()
    signs = ("out of memory", "can't allocate memory", "not enough memory", "invalid buffer size")
    return any(sign in text for sign in signs)
