"""Requests in, records out: batched by length, halved when memory runs out."""

import gc
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from .batches import Batch, plan_batches
from .columns import ColumnScorer, OptionSet, Scores
from .device import free_memory
from .last_layer import Captured, response_blocks
from .model import Model, Response, Sequence, UnusableInputError
from .shared_prompt import CannotShareError, disagreement, run_shared

log = logging.getLogger("winnow.attention")

ALL_REFUSED = 16
"""Refusals without any success that are taken for a trouble of the model, not of the responses."""
TRUSTED = {"float32": 1e-4}
"""Total variation up to which a shared pass is the same as one alone, by precision."""
TRUSTED_HALF = 0.1
"""The same in half precision, where another order of sums moves that much."""


@dataclass
class Counters:
    """What a worker has done since it started."""

    responses: int = 0
    failed: int = 0
    batches: int = 0
    tokens: int = 0
    shared: int = 0
    retokenised: int = 0
    mismatches: int = 0
    out_of_memory: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Request:
    """`prompt`: place in the list of prompts."""

    prompt: int
    response: Response


class RefusesAllError(Exception):
    """The model has refused everything so far: the trouble is not the responses'."""


class Meter:
    """Measures responses.

    `batch_tokens`: tokens of a batch at most, padding included; `share_tokens`: a prompt of several
    responses is passed once for all of them where that spares so many tokens.
    """

    def __init__(self, model: Model, batch_tokens: int = 16384, share_tokens: int = 512):
        self.model = model
        self.batch_tokens = batch_tokens
        self.share_tokens = share_tokens
        self.sharing: bool | None = None
        """None: not yet compared with passes alone."""
        self.counters = Counters()
        self.refused = 0

    def measure(
        self,
        prompts: list[list[dict]],
        requests: list[Request],
        option_sets: dict[str, OptionSet],
        token_scores: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[dict]:
        """One record per request, in order: its scores, or {"error": {code, message}}.

        Raises `RefusesAllError`.
        """
        results: list[dict] = [_failure("cancelled", "the client went away")] * len(requests)
        sequences: dict[int, Sequence] = {}
        read: dict[int, dict | UnusableInputError] = {}
        for place, request in enumerate(requests):
            try:
                sequences[place] = self._read(prompts, request, read)
            except UnusableInputError as error:
                results[place] = _failure("input", str(error))
        batches = plan_batches(
            sequences,
            {place: request.prompt for place, request in enumerate(requests)},
            self.batch_tokens,
            None if self.sharing is False else self.share_tokens,
        )
        while batches and not cancelled():
            batch = batches.pop()
            chosen = [sequences[place] for place in batch.places]
            shared = batch.shared and self.sharing is not False
            try:
                scores = (self._run_shared if shared else self._run)(chosen, option_sets)
            except CannotShareError as error:
                self._stop_sharing(error)
                batches.append(batch)
                continue
            except ValueError as error:
                batches += self._part(batch, shared, error, results)
                continue
            except (RuntimeError, MemoryError) as error:
                if not _is_out_of_memory(error):
                    raise
                # Handled below, when the error's traceback no longer holds the batch's tensors.
                scores = None
            if scores is None:
                batches += self._halve(batch, sequences, results)
                continue
            for place, found in zip(batch.places, scores, strict=True):
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

    def _run(self, batch: list[Sequence], option_sets: dict) -> list[Scores | ValueError]:
        tensors = self.model.load(batch)
        captured = self.model.layer.run(tensors)
        self._count(tensors["input_ids"].numel())
        return self._score(captured, batch, option_sets)

    def _run_shared(self, batch: list[Sequence], option_sets: dict) -> list[Scores | ValueError]:
        """The same with the prompt passed once; the first time it is compared with `_run`."""
        prompt, responses = self.model.load_shared(batch)
        try:
            captured = run_shared(self.model.layer, prompt, responses)
            if self.sharing is None:
                self._compare(captured, batch[0])
        except (CannotShareError, ValueError, MemoryError):
            raise
        except Exception as error:
            if _is_out_of_memory(error):
                raise
            raise CannotShareError(f"{type(error).__name__}: {error}") from error
        self._count(prompt["input_ids"].numel() + responses.numel())
        self.counters.shared += len(batch)
        return self._score(captured, batch, option_sets)

    def _compare(self, captured: Captured, sequence: Sequence) -> None:
        alone = self.model.layer.run(self.model.load([sequence]))
        apart = disagreement(captured, alone, sequence.start, sequence.length - sequence.start)
        if math.isnan(apart):
            # Numbers that overflowed say nothing of sharing.
            raise ValueError("the attention holds no numbers")
        if apart > TRUSTED.get(self.model.dtype, TRUSTED_HALF):
            raise CannotShareError(f"a shared pass moved {apart:.2g} of the attention")
        self.sharing = True

    def _stop_sharing(self, error: CannotShareError) -> None:
        self.sharing = False
        name = type(self.model.layer.model).__name__
        log.warning(
            "%s: several responses cannot share the pass over their prompt (%s); each gets its own",
            *(name, error),
        )

    def _count(self, tokens: int) -> None:
        self.counters.batches += 1
        self.counters.tokens += tokens

    def _score(
        self, captured: Captured, batch: list[Sequence], option_sets: dict
    ) -> list[Scores | ValueError]:
        found = []
        for row, sequence in enumerate(batch):
            prompt = sequence.tokens["input_ids"][0, : sequence.start]
            image_keys = (prompt == self.model.image_token).nonzero()[:, 0].to(self.model.device)
            length = sequence.length - sequence.start
            scorer = ColumnScorer(option_sets, sequence.start, length, image_keys)
            try:
                for first, block in response_blocks(captured, row, sequence.start, length):
                    scorer.add_block(first, block)
                found.append(scorer.finish())
            except ValueError as error:
                found.append(error)
        return found

    def _part(
        self, batch: Batch, shared: bool, error: ValueError, results: list[dict]
    ) -> list[Batch]:
        """A batch that the model refuses, again one by one; one alone fails with its words."""
        if shared:
            return [Batch(batch.places)]
        if len(batch.places) > 1:
            return [Batch([place]) for place in batch.places]
        self.refused += 1
        if self.refused >= ALL_REFUSED and self.counters.batches == 0:
            raise RefusesAllError(
                f"{self.model.name} refused each of the first {self.refused} responses; the last: "
                f"{error}"
            )
        results[batch.places[0]] = _failure("input", f"the model refuses it: {error}")
        return []

    def _halve(self, batch: Batch, sequences: dict, results: list[dict]) -> list[Batch]:
        """Two halves of a batch that did not fit; one response alone that does not fit fails."""
        places = batch.places
        self.counters.out_of_memory += 1
        gc.collect()
        free_memory(self.model.device)
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
        halves = (places[:half], places[half:])
        return [Batch(part, batch.shared and len(part) > 1) for part in halves]

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
