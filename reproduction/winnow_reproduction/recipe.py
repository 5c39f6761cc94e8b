"""The whole recipe: train, export, write the example data, measure, write the cards.

python -m winnow_reproduction.recipe
python -m winnow_reproduction.recipe --architecture nano-qwen    # the study's second model

Every part that is finished is kept under --run and skipped the next time.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from . import cards, evaluate, export_onnx, figures, golden
from .architectures import ARCHITECTURES
from .model import build_model, build_tokenizer, save
from .pretrain import Recipe, Trainer
from .study_data import ROOT, home_of

EXAMPLE_ROWS = 2000
EXAMPLE_SEED = 41
TEST_SEED = 777  # neither training nor the examples use it
SAMPLING_SEED = 5


def measured(path: Path, compute) -> dict:
    """The JSON at `path`, computed and written first if it is not there."""
    if not path.exists():
        path.write_text(json.dumps(compute(), indent=1) + "\n")
    return json.loads(path.read_text())


def before_lapses(run: Path, recipe: Recipe, architecture: str) -> dict:
    """Test accuracy after stage 2, from its checkpoint."""
    model = build_model(len(build_tokenizer()), recipe.weights_seed, architecture)
    model.load_state_dict(torch.load(run / "answer.pt", weights_only=True)["model"])
    export_onnx.export(model, run / "clean")
    return evaluate.by_family(run / "clean", TEST_SEED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="nano")
    parser.add_argument("--out", type=Path, help="the model; its own place when absent")
    parser.add_argument("--examples", type=Path, default=ROOT / "examples")
    fixture = ROOT / "test" / "fixtures" / "nano-golden.json"
    parser.add_argument("--golden", type=Path, default=fixture)
    parser.add_argument("--run", type=Path, help="checkpoints; runs/<architecture> when absent")
    parser.add_argument("--threads", type=int, default=1, help="for training")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    began, recipe, name = time.monotonic(), Recipe(), args.architecture
    out = args.out or home_of(name)
    run = args.run or ROOT / "reproduction" / "runs" / name

    model = build_model(len(build_tokenizer()), recipe.weights_seed, name)
    Trainer(model, recipe, run).train()
    save(model, out)
    export_onnx.export(model, out)

    rows = figures.build(EXAMPLE_ROWS, EXAMPLE_SEED)
    clean = measured(run / "clean.json", lambda: before_lapses(run, recipe, name))
    test = measured(run / "test.json", lambda: evaluate.by_family(out, TEST_SEED))
    cohorts = measured(run / "cohorts.json", lambda: evaluate.by_cohort(out, rows, SAMPLING_SEED))
    if name == "nano":
        parquet = args.examples / "figures" / "train.parquet"
        figures.write(rows, parquet, args.examples / "figures-truth.jsonl")
        golden.write(out, rows, args.golden)
        card = cards.model_card(model, recipe, clean, test, cohorts)
        (args.examples / "figures" / "README.md").write_text(cards.dataset_card(rows, cohorts))
    else:
        card = cards.second_card(model, name, clean, test, cohorts)
    (out / "README.md").write_text(card)
    print(json.dumps({"done": str(out), "minutes": round((time.monotonic() - began) / 60, 1)}))


if __name__ == "__main__":
    main()
