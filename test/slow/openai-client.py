"""Python's OpenAI client against `winnow serve`: BASE_URL and an image as a data URI; prints JSON."""

import json
import sys

from openai import BadRequestError, NotFoundError, OpenAI

base_url, image = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key="none", max_retries=0)
content = [
    {"type": "image_url", "image_url": {"url": image}},
    {"type": "text", "text": "What color is the circle?"},
]
request = {
    "model": "nano",
    "messages": [{"role": "user", "content": content}],
    "max_tokens": 12,
    "seed": 5,
}

whole = client.chat.completions.create(**request, n=3, logprobs=True, top_logprobs=2)
texts = [""] * 3
usage = None
options = {"include_usage": True}
for chunk in client.chat.completions.create(**request, n=3, stream=True, stream_options=options):
    usage = chunk.usage or usage
    for choice in chunk.choices:
        texts[choice.index] += choice.delta.content or ""

refused = []
for error, more in [(BadRequestError, {"presence_penalty": 1}), (NotFoundError, {"model": "other"})]:
    try:
        client.chat.completions.create(**request | more)
    except error as one:
        refused.append(one.status_code)

print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "model": client.models.retrieve("nano").id,
            "whole": [choice.message.content for choice in whole.choices],
            "streamed": texts,
            "best": [len(step.top_logprobs) for step in whole.choices[0].logprobs.content],
            "usage": [whole.usage.completion_tokens, usage.completion_tokens],
            "image_tokens": whole.usage.prompt_tokens_details.image_tokens,
            "refused": refused,
        }
    )
)
