"""The HTTP contract: POST /v1/attention, GET /health, GET /metrics (docs/attention/worker.md)."""

import asyncio
import hmac
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from . import measure
from .columns import OptionSet
from .model import Response


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextPart(_Strict):
    type: Literal["text"]
    text: str


class ImagePart(_Strict):
    type: Literal["image"]
    image: str
    """`data:<media type>;base64,…`"""


class PsiOptions(_Strict):
    sigma: float = Field(gt=0)
    heads: Literal["mean", "max"]
    minSpan: int = Field(ge=1)  # noqa: N815 - the contract is that of the TypeScript records
    span: Literal["suffix", "window"]
    normalise: bool


class ResponseBody(_Strict):
    prompt: int = Field(ge=0)
    """Place in `prompts`."""
    text: str
    tokenIds: list[int] | None = None  # noqa: N815
    finish: Literal["stop", "length"] = "stop"
    responseTokens: int | None = None  # noqa: N815
    promptTokens: int | None = None  # noqa: N815


class AttentionBody(_Strict):
    optionSets: dict[str, PsiOptions] = Field(min_length=1)  # noqa: N815
    prompts: list[list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]]
    responses: list[ResponseBody] = Field(min_length=1, max_length=1024)
    tokenScores: bool = False  # noqa: N815


def new_app(meter: measure.Meter, key: str | None = None) -> FastAPI:
    """The application around one loaded model; requests wait their turn for it.

    `key`: what a client has to send as `Authorization: Bearer …`; None lets everybody in.
    """
    app = FastAPI(title="winnow-attention", docs_url=None, redoc_url=None)
    turns = ThreadPoolExecutor(1)
    in_flight: set[asyncio.Future] = set()
    model = meter.model

    def admit(authorization: str | None) -> None:
        given = (authorization or "").encode()
        if key is not None and not hmac.compare_digest(given, f"Bearer {key}".encode()):
            raise HTTPException(401, "wrong or missing key")

    @app.post("/v1/attention")
    async def attention(
        body: AttentionBody,
        request: Request,
        authorization: Annotated[str | None, Header()] = None,
    ) -> dict:
        admit(authorization)
        if any(response.prompt >= len(body.prompts) for response in body.responses):
            raise HTTPException(422, "a response's `prompt` is outside `prompts`")
        gone = threading.Event()
        work = asyncio.get_running_loop().run_in_executor(turns, _measure, meter, body, gone)
        in_flight.add(work)
        work.add_done_callback(in_flight.discard)
        while not (await asyncio.wait({work}, timeout=0.5))[0]:
            if await request.is_disconnected():
                gone.set()
        try:
            results = await work
        except measure.RefusesAllError as error:
            raise HTTPException(422, str(error)) from error
        return {"model": model.name, "attention": model.layer.how, "results": results}

    @app.get("/health")
    async def health() -> dict:
        return {
            "status": "ok",
            "model": model.name,
            "device": model.device,
            "dtype": model.dtype,
            "attention": model.layer.how,
            "sharing": meter.sharing,
        }

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> str:
        found = asdict(meter.counters)
        lines = [
            f"# TYPE winnow_attention_{name}_total counter\nwinnow_attention_{name}_total {value}"
            for name, value in found.items()
        ]
        name = "winnow_attention_requests_in_flight"
        lines.append(f"# TYPE {name} gauge\n{name} {len(in_flight)}")
        return "\n".join(lines) + "\n"

    return app


def _measure(meter: measure.Meter, body: AttentionBody, gone: threading.Event) -> list[dict]:
    started = time.monotonic()
    option_sets = {
        name: OptionSet(one.sigma, one.heads, one.minSpan, one.span, one.normalise)
        for name, one in body.optionSets.items()
    }
    requests = [
        measure.Request(
            one.prompt,
            Response(one.text, one.tokenIds, one.finish, one.responseTokens, one.promptTokens),
        )
        for one in body.responses
    ]
    prompts = [[part.model_dump() for part in parts] for parts in body.prompts]
    try:
        return meter.measure(prompts, requests, option_sets, body.tokenScores, gone.is_set)
    finally:
        meter.counters.seconds += time.monotonic() - started
