"""Reference values of the nano model for other runtimes to be tested against."""

import json
import math
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from transformers import AutoModelForImageTextToText, AutoProcessor

from . import figures
from .rollouts import MAX_NEW_TOKENS
from .scenes import render

SIGMA = 2.0


def log_psi(attention: Tensor, sigma: float = SIGMA) -> Tensor:
    """log ψ_j = Σ_{i=j..L} log(σ A_ij): how much every later token looks back on token j.

    `attention` [L, L] is lower-triangular, rows attend to columns. -> [L], at most 0 + L log σ
    Source: arXiv 2506.04755, attention confidence estimator.
    """
    length = len(attention)
    below = torch.tril(torch.ones(length, length, dtype=torch.bool))
    factors = torch.where(below, (sigma * attention.double()).log(), 0.0)
    return factors.sum(0)


def message_parts(problem: str, with_image: bool) -> list[dict]:
    """A chat message's content parts, in order; the text arm drops the picture."""
    before, _, after = problem.partition("<image>")
    parts = [{"type": "text", "text": before}] if before else []
    parts += [{"type": "image"}] if with_image else []
    return parts + ([{"type": "text", "text": after}] if after else [])


@torch.no_grad()
def record(model, processor, row: figures.Row, with_image: bool) -> dict:
    """One prompt, its greedy response, first logits and, with a picture, log ψ."""
    message = {"role": "user", "content": message_parts(row.problem, with_image)}
    prompt = processor.apply_chat_template([message], add_generation_prompt=True)
    picture = [Image.fromarray(render(row.scene))] if with_image else None
    inputs = processor(images=picture, text=prompt, return_tensors="pt")
    ids = inputs["input_ids"]
    first = model(**inputs).logits[0, -1].topk(5)
    whole = model.generate(**inputs, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
    response = whole[0, ids.shape[1] :].tolist()
    found = {
        "id": row.id,
        "arm": "image" if with_image else "text",
        "prompt": prompt,
        "input_ids": ids[0].tolist(),
        "response_ids": response,
        "response_text": processor.tokenizer.decode(response, skip_special_tokens=True),
        "top_logits": [
            [int(token), round(float(logit), 6)] for logit, token in zip(*first, strict=True)
        ],
    }
    if with_image:
        pixels = {"pixel_values": inputs["pixel_values"]}
        output = model(input_ids=whole, **pixels, output_attentions=True)
        block = output.attentions[-1][0].mean(0)[-len(response) :, -len(response) :]
        found["log_psi"] = [round(value, 6) for value in log_psi(block).tolist()]
        if not all(map(math.isfinite, found["log_psi"])):
            raise ValueError(f"{row.id}: log psi is not finite")
    return found


def write(directory: Path, rows: list[figures.Row], path: Path, count: int = 8) -> None:
    """The first rows of distinct families, both arms, as JSON."""
    processor = AutoProcessor.from_pretrained(directory)
    model = AutoModelForImageTextToText.from_pretrained(directory, attn_implementation="eager")
    model.eval()
    families = {}
    for row in rows:
        families.setdefault(row.question.family, row)
    chosen = list(families.values())[:count]
    records = [record(model, processor, row, arm) for row in chosen for arm in (True, False)]
    head = {
        "about": (
            "PyTorch float32 values of models/nano on rows of examples/figures. log_psi is the "
            "literal column score over the response tokens, the final <eos> included, of the "
            "last layer's attention averaged over heads; sigma is 2."
        ),
        "sigma": SIGMA,
    }
    opening = json.dumps(head, ensure_ascii=False).removesuffix("}")
    lines = ",\n".join(json.dumps(found, ensure_ascii=False) for found in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{opening}, "records": [\n{lines}\n]}}\n')
