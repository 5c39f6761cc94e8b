"""The load of benchmarks/driver.ts from Python's AsyncOpenAI, one timed round per line of input.

python async_openai.py BASE_URL --image-bytes 200000 --rollouts 5 --in-flight 128

A line of input holds the number of requests. Prints a line of JSON when ready, then one per round.
"""

import argparse
import asyncio
import base64
import json
import os
import sys
import time

import httpx
import openai

QUESTION = "Which of the options is right?\nA. 1\nB. 2\nC. 3\nD. 4\nThink first, then answer in \\boxed{}."


async def ask(client: openai.AsyncOpenAI, image: bytes, rollouts: int, at: int) -> int:
    """One request for all rollouts of one image; the number of responses."""
    url = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": QUESTION}]
    completion = await client.chat.completions.create(
        model="stub",
        messages=[{"role": "user", "content": content}],
        n=rollouts,
        seed=at,
        temperature=1,
        top_p=1,
        max_completion_tokens=1024,
    )
    return sum(choice.message.content != "" and choice.finish_reason == "stop" for choice in completion.choices)


async def run_round(client: openai.AsyncOpenAI, options: argparse.Namespace, requests: int) -> dict:
    """`requests` requests, `in_flight` workers pulling them from one stream."""
    noise = bytearray(os.urandom(options.image_bytes))
    numbers = iter(range(requests))
    responses = 0

    async def work() -> None:
        nonlocal responses
        for at in numbers:
            noise[100:108] = at.to_bytes(8, "little")
            found = await ask(client, bytes(noise), options.rollouts, at)
            responses += found

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(options.in_flight)))
    if responses != requests * options.rollouts:
        raise RuntimeError(f"expected {requests * options.rollouts} responses, found {responses}")
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--image-bytes", type=int, required=True)
    parser.add_argument("--rollouts", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    options = parser.parse_args()
    limits = httpx.Limits(max_connections=options.in_flight, max_keepalive_connections=options.in_flight)
    http = openai.DefaultAsyncHttpxClient(limits=limits, timeout=600)
    async with openai.AsyncOpenAI(base_url=options.url, api_key="none", http_client=http) as client:
        print(json.dumps({"client": f"openai {openai.__version__}"}), flush=True)
        for line in sys.stdin:
            print(json.dumps(await run_round(client, options, int(line))), flush=True)


asyncio.run(main())
