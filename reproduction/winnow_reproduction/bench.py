"""Hugging Face `generate` on the example rows, for speed comparisons; prints one JSON line.

python -m winnow_reproduction.bench --model ../models/nano --data ../examples/figures
"""

import argparse
import json
import time
from pathlib import Path

import torch
import transformers
from datasets import load_dataset
from transformers import AutoModelForImageTextToText, AutoProcessor

from .architectures import EOS
from .golden import message_parts
from .rollouts import MAX_NEW_TOKENS


def measure(model_path: Path, data: Path, prompts: int, samples: int, batch: int) -> dict:
    """`samples` rollouts of the first `prompts` rows with their pictures, temperature 1.

    Counts tokens up to and including `<eos>`. One untimed batch first; reading the data
    and running the processor is outside the clock.
    """
    processor = AutoProcessor.from_pretrained(model_path)
    model = AutoModelForImageTextToText.from_pretrained(model_path).eval()
    rows = load_dataset("parquet", data_files=str(data / "*.parquet"), split="train")
    batches, each = [], max(1, batch // samples)
    for start in range(0, prompts, each):
        some = rows.select(range(start, min(start + each, prompts)))
        texts = [
            processor.apply_chat_template(
                [{"role": "user", "content": message_parts(problem, True)}],
                add_generation_prompt=True,
            )
            for problem in some["problem"]
        ]
        pictures = [images[0] for images in some["images"]]
        inputs = processor(images=pictures, text=texts, return_tensors="pt", padding=True)
        batches.append(inputs)

    def generate(inputs) -> int:
        with torch.inference_mode():
            whole = model.generate(
                **inputs,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                max_new_tokens=MAX_NEW_TOKENS,
                num_return_sequences=samples,
            )
        new = whole[:, inputs["input_ids"].shape[1] :]
        ended = (new == EOS).cumsum(1)
        return int(((ended == 0) | ((ended == 1) & (new == EOS))).sum())

    torch.manual_seed(0)
    generate(batches[0])
    began = time.perf_counter()
    tokens = sum(map(generate, batches))
    seconds = time.perf_counter() - began
    return {
        "engine": f"transformers {transformers.__version__}, torch {torch.__version__}",
        "threads": torch.get_num_threads(),
        "prompts": prompts,
        "samples": samples,
        "batch": batch,
        "tokens": tokens,
        "seconds": round(seconds, 3),
        "tokensPerSecond": round(tokens / seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--prompts", type=int, default=256)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--batch", type=int, default=256, help="rows decoded together")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    result = measure(args.model, args.data, args.prompts, args.samples, args.batch)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
