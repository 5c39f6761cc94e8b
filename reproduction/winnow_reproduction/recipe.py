"""The whole recipe: train, export, write the example data, measure, write the cards.

python -m winnow_reproduction.recipe

Every part that is finished is kept under --run and skipped the next time.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from . import cards, evaluate, export_onnx, figures, golden
from .model import build_model, build_tokenizer, save
from .pretrain import Recipe, Trainer

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE_ROWS = 2000
EXAMPLE_SEED = 41
TEST_SEED = 777  # neither training nor the examples use it
SAMPLING_SEED = 5


def measured(path: Path, compute) -> dict:
    """The JSON at `path`, computed and written first if it is not there."""
    if not path.exists():
        path.write_text(json.dumps(compute(), indent=1) + "\n")
    return json.loads(path.read_text())


def before_lapses(run: Path, recipe: Recipe) -> dict:
    """Test accuracy after stage 2, from its checkpoint."""
    model = build_model(len(build_tokenizer()), recipe.weights_seed)
    model.load_state_dict(torch.load(run / "answer.pt", weights_only=True)["model"])
    export_onnx.export(model, run / "clean")
    return evaluate.by_family(run / "clean", TEST_SEED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "nano")
    parser.add_argument("--examples", type=Path, default=ROOT / "examples")
    fixture = ROOT / "test" / "fixtures" / "nano-golden.json"
    parser.add_argument("--golden", type=Path, default=fixture)
    parser.add_argument("--run", type=Path, default=ROOT / "reproduction" / "runs" / "nano")
    parser.add_argument("--threads", type=int, default=1, help="for training")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    began, recipe = time.monotonic(), Recipe()

    model = build_model(len(build_tokenizer()), recipe.weights_seed)
    Trainer(model, recipe, args.run).train()
    save(model, args.out)
    export_onnx.export(model, args.out)

    rows = figures.build(EXAMPLE_ROWS, EXAMPLE_SEED)
    figures.write(
        rows, args.examples / "figures" / "train.parquet", args.examples / "figures-truth.jsonl"
    )
    clean = measured(args.run / "clean.json", lambda: before_lapses(args.run, recipe))
    test = measured(args.run / "test.json", lambda: evaluate.by_family(args.out, TEST_SEED))
    cohorts = measured(
        args.run / "cohorts.json", lambda: evaluate.by_cohort(args.out, rows, SAMPLING_SEED)
    )
    golden.write(args.out, rows, args.golden)
    (args.out / "README.md").write_text(cards.model_card(model, recipe, clean, test, cohorts))
    (args.examples / "figures" / "README.md").write_text(cards.dataset_card(rows, cohorts))
    print(json.dumps({"done": str(args.out), "minutes": round((time.monotonic() - began) / 60, 1)}))


if __name__ == "__main__":
    main()
