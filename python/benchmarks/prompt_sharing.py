"""Several responses to one prompt: its pass shared against a pass of its own for each.

    python python/benchmarks/prompt_sharing.py

The 12-layer LLaVA of memory_and_time.py, float32 on the CPU. Each case
runs in a process of its own, the two ways in turn; memory is what a case adds to the peak of its
process, time its best pass in seconds of processor time.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from memory_and_time import IMAGE, SETS, build, peak

from winnow_attention.columns import ColumnScorer
from winnow_attention.last_layer import LastLayer, response_blocks
from winnow_attention.shared_prompt import run_shared


def prompt_of(tokens: int) -> dict[str, torch.Tensor]:
    ids = torch.randint(0, IMAGE, (1, tokens))
    ids[0, 1:17] = IMAGE
    return {"input_ids": ids, "pixel_values": torch.randn(1, 3, 64, 64)}


def run_case(way: str, prompt_tokens: int, response_tokens: int, count: int, passes: int) -> dict:
    """The scores of `count` responses. -> MiB, seconds, log ψ of each"""
    layer = LastLayer(build("sdpa"))

    @torch.inference_mode()
    def measure(prompt: dict[str, torch.Tensor], responses: torch.Tensor) -> list[float]:
        start, length = prompt["input_ids"].shape[1], responses.shape[1]
        if way == "shared":
            captured = run_shared(layer, prompt, responses)
        else:
            several = {
                name: value.expand(len(responses), *value.shape[1:])
                for name, value in prompt.items()
            }
            several["input_ids"] = torch.cat([several["input_ids"], responses], 1)
            captured = layer.run(several)
        found = []
        for row in range(len(responses)):
            scorer = ColumnScorer(SETS, start, length, torch.arange(1, 17))
            for first, block in response_blocks(captured, row, start, length):
                scorer.add_block(first, block)
            found.append(scorer.finish().log_psi["robust"])
        return found

    measure(prompt_of(64), torch.ones(2, 8, dtype=torch.long))
    before = peak()
    torch.manual_seed(1)
    prompt = prompt_of(prompt_tokens)
    responses = torch.randint(0, IMAGE, (count, response_tokens))
    seconds, log_psi = [], []
    for _ in range(passes):
        started = time.process_time()
        log_psi = measure(prompt, responses)
        seconds.append(time.process_time() - started)
    return {"mib": peak() - before, "seconds": min(seconds), "log_psi": log_psi}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=3, metavar=("WAY", "PROMPT", "RESPONSE"))
    parser.add_argument("--responses", type=int, default=5)
    parser.add_argument("--passes", type=int, default=3)
    given = parser.parse_args()
    if given.case:
        way, prompt, response = given.case
        case = (way, int(prompt), int(response), given.responses, given.passes)
        print(json.dumps(run_case(*case)))
        return
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for prompt, response in ((1000, 300), (1000, 1000), (3000, 300)):
        found = {}
        for way in ("alone", "shared"):
            command = [sys.executable, __file__, "--case", way, str(prompt), str(response)]
            command += ["--passes", str(given.passes), "--responses", str(given.responses)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[way] = json.loads(output.splitlines()[-1])
        alone, shared = found["alone"], found["shared"]
        pairs = zip(alone["log_psi"], shared["log_psi"], strict=True)
        assert max(abs(a - b) for a, b in pairs) < 1e-4, found
        tokens = [given.responses * (prompt + response), prompt + given.responses * response]
        print(
            f"{given.responses} responses of {response} tokens to a prompt of {prompt}: "
            f"{tokens[0]} tokens, {alone['mib']:.0f} MiB and {alone['seconds']:.2f} s alone, "
            f"{tokens[1]} tokens, {shared['mib']:.0f} MiB and {shared['seconds']:.2f} s shared; "
            f"tokens x {tokens[1] / tokens[0]:.2f}, memory x {shared['mib'] / alone['mib']:.2f}, "
            f"time x {shared['seconds'] / alone['seconds']:.2f}"
        )


if __name__ == "__main__":
    main()
