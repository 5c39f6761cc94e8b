"""Captured attention against `output_attentions=True`: peak memory and time of one response.

    python python/benchmarks/memory_and_time.py

A 12-layer LLaVA with random weights, float32 on the CPU; a quarter of the tokens are the prompt.
Each case runs in a process of its own, the two ways in turn; memory is what a case adds to the
peak of its process, time its best pass in seconds of processor time.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch
import transformers as hf

sys.path.insert(0, str(Path(__file__).parents[1]))

from winnow_attention.columns import ColumnScorer, OptionSet
from winnow_attention.last_layer import LastLayer, response_blocks

IMAGE = 999
SETS = {"paper": OptionSet(), "robust": OptionSet(2.0, "max", 8, "window", True)}


def build(kernel: str) -> torch.nn.Module:
    torch.manual_seed(0)
    text = hf.LlamaConfig(
        vocab_size=1000,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=12,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=8192,
    )
    vision = hf.SiglipVisionConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=64,
        patch_size=16,
        vision_use_head=False,
    )
    config = hf.LlavaConfig(
        text_config=text,
        vision_config=vision,
        image_token_index=IMAGE,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
    )
    model = hf.LlavaForConditionalGeneration._from_config(config, attn_implementation=kernel)
    return model.eval()


def inputs(tokens: int) -> dict[str, torch.Tensor]:
    ids = torch.randint(0, IMAGE, (1, tokens))
    ids[0, 1:17] = IMAGE
    return {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "pixel_values": torch.randn(1, 3, 64, 64),
    }


def peak() -> float:
    """MiB"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_case(way: str, tokens: int, passes: int) -> dict:
    """One way of getting the scores of one response. -> MiB, seconds, log ψ"""
    model = build("sdpa" if way == "captured" else "eager")
    layer = LastLayer(model) if way == "captured" else None

    @torch.inference_mode()
    def measure(tensors: dict[str, torch.Tensor]) -> float:
        total = tensors["input_ids"].shape[1]
        start = total // 4
        scorer = ColumnScorer(SETS, start, total - start, torch.arange(1, 17))
        if layer is not None:
            for first, block in response_blocks(layer.run(tensors), 0, start, total - start):
                scorer.add_block(first, block)
        else:
            output = model(**tensors, output_attentions=True, use_cache=False, logits_to_keep=1)
            scorer.add_block(0, output.attentions[-1][0, :, start:])
        return scorer.finish().log_psi["robust"]

    measure(inputs(64))
    before = peak()
    torch.manual_seed(1)
    tensors = inputs(tokens)
    seconds, log_psi = [], 0.0
    for _ in range(passes):
        started = time.process_time()
        log_psi = measure(tensors)
        seconds.append(time.process_time() - started)
    return {"mib": peak() - before, "seconds": min(seconds), "log_psi": log_psi}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=2, metavar=("WAY", "TOKENS"))
    parser.add_argument("--passes", type=int, default=3)
    given = parser.parse_args()
    if given.case:
        print(json.dumps(run_case(given.case[0], int(given.case[1]), given.passes)))
        return
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for tokens in (1000, 4000):
        found = {}
        for way in ("captured", "output_attentions"):
            command = [sys.executable, __file__, "--case", way, str(tokens)]
            command += ["--passes", str(given.passes)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[way] = json.loads(output.splitlines()[-1])
        ours, theirs = found["captured"], found["output_attentions"]
        assert abs(ours["log_psi"] - theirs["log_psi"]) < 1e-4, found
        print(
            f"{tokens} tokens: {ours['mib']:.0f} MiB and {ours['seconds']:.2f} s captured, "
            f"{theirs['mib']:.0f} MiB and {theirs['seconds']:.2f} s with output_attentions; "
            f"memory x {ours['mib'] / theirs['mib']:.3f}, "
            f"time x {ours['seconds'] / theirs['seconds']:.2f}"
        )


if __name__ == "__main__":
    main()
