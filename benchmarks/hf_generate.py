"""Hugging Face `generate` on the prompts of benchmarks/rollouts.ts, one timed round per line of input.

python hf_generate.py MODEL PROMPTS.jsonl --rollouts 5 --max-tokens 32 --threads 2

PROMPTS.jsonl holds one prompt a line: {"parts": [{"text": …} | {"image": base64}, …]}. Prints a
line of JSON when ready (after a sweep for the fastest batch size), then one per line read.
"""

import argparse
import base64
import io
import json
import sys
import time
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

BATCH_ROWS = (64, 128, 256, 512)


class Generator:
    """A model with its prompts, asked for `rollouts` responses to each."""

    def __init__(self, model: Path, prompts: list[list[dict]], rollouts: int, max_tokens: int):
        self.processor = AutoProcessor.from_pretrained(model)
        self.processor.tokenizer.padding_side = "left"
        self.model = AutoModelForImageTextToText.from_pretrained(model).eval()
        self.rollouts, self.max_tokens = rollouts, max_tokens
        self.prompts = prompts
        ends = self.model.generation_config.eos_token_id
        self.ends = torch.tensor(ends if isinstance(ends, list) else [ends])

    def process(self, rows: int) -> list[dict]:
        """Batches of about `rows` rows, the arms apart and prompts of like length together."""
        with_image = [p for p in self.prompts if any("image" in part for part in p)]
        without = [p for p in self.prompts if all("text" in part for part in p)]
        size = max(1, rows // self.rollouts)
        batches = []
        for arm in (with_image, without):
            ordered = sorted(arm, key=lambda parts: sum(len(part.get("text", "")) for part in parts))
            batches += [self.encode(ordered[at : at + size]) for at in range(0, len(ordered), size)]
        return batches

    def encode(self, prompts: list[list[dict]]) -> dict:
        """-> input_ids, attention_mask [prompts, tokens], pixel_values [prompts, 3, H, W]"""
        texts, images = [], []
        for parts in prompts:
            content = [
                {"type": "text", "text": part["text"]} if "text" in part else {"type": "image"}
                for part in parts
            ]
            texts.append(
                self.processor.apply_chat_template(
                    [{"role": "user", "content": content}], add_generation_prompt=True
                )
            )
            images += [
                Image.open(io.BytesIO(base64.b64decode(part["image"]))).convert("RGB")
                for part in parts
                if "image" in part
            ]
        more = {"images": images} if images else {}
        return self.processor(text=texts, return_tensors="pt", padding=True, **more)

    def generate(self, inputs: dict) -> int:
        """Tokens of all responses, each up to and with its end token."""
        with torch.inference_mode():
            whole = self.model.generate(
                **inputs,
                do_sample=True,
                temperature=1.0,
                top_p=1.0,
                top_k=0,
                max_new_tokens=self.max_tokens,
                num_return_sequences=self.rollouts,
            )
        new = whole[:, inputs["input_ids"].shape[1] :]
        ended = torch.isin(new, self.ends).cumsum(1)
        return int(((ended == 0) | ((ended == 1) & torch.isin(new, self.ends))).sum())

    def time_round(self, rows: int) -> dict:
        """One pass over all prompts. `process`: seconds of the processor, `generate`: of the model."""
        began = time.perf_counter()
        batches = self.process(rows)
        processed = time.perf_counter()
        tokens = sum(map(self.generate, batches))
        ended = time.perf_counter()
        return {"tokens": tokens, "process": processed - began, "generate": ended - processed}

    def find_batch_rows(self, prompts: int) -> int:
        """The batch size that gives the most tokens per second on a few prompts."""
        everything, self.prompts = self.prompts, self.prompts[:prompts]
        self.time_round(BATCH_ROWS[0])
        rates = {}
        for rows in BATCH_ROWS:
            timed = self.time_round(rows)
            rates[rows] = timed["tokens"] / timed["generate"]
        self.prompts = everything
        return max(rates, key=rates.get)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--rollouts", type=int, required=True)
    parser.add_argument("--max-tokens", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()

    prompts = [json.loads(line)["parts"] for line in options.prompts.read_text().splitlines()]
    generator = Generator(options.model, prompts, options.rollouts, options.max_tokens)
    rows = generator.find_batch_rows(prompts=256)
    engine = f"transformers {transformers.__version__}, torch {torch.__version__}"
    print(json.dumps({"engine": engine, "batchRows": rows}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(generator.time_round(rows)), flush=True)


if __name__ == "__main__":
    main()
