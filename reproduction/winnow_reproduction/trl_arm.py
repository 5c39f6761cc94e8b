"""One arm of the study trained by TRL's GRPOTrainer, to hold our own loop against.

python -m winnow_reproduction.trl_arm --selection rap --seed 1001 --steps 100

Same model, rows, reward, batch, rates and loss (`dapo`: over all tokens of the batch); the
same test set is measured by the same code. What differs is the trainer: its own sampling,
its own order of rows, a backward pass over groups without signal too.
"""

import argparse
import time
from pathlib import Path

import torch
from datasets import Dataset, Features, Image, List, Value, load_dataset
from transformers import AutoModelForImageTextToText, AutoProcessor, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from .policy_gradient import Settings, Trainer, describe
from .prompts import load
from .reward import WinnowGrader
from .study import Log, measure
from .study_data import ROOT, TEST_ROWS_EACH, TEST_SEED, Scored, held_out_rows

PART = {"type": Value("string"), "text": Value("string")}
FEATURES = Features(
    {
        "prompt": List({"role": Value("string"), "content": List(PART)}),
        "images": List(Image()),
        "answer": Value("string"),
    }
)


def dataset(parquet: Path, rows: list[int]) -> Dataset:
    """The rows as conversations, the picture where the problem has it."""
    source = load_dataset("parquet", data_files=str(parquet), split="train").select(rows)

    def convert(row: dict) -> dict:
        before, _, after = row["problem"].partition("<image>")
        parts = [{"type": "text", "text": before}, {"type": "image", "text": None}]
        parts.append({"type": "text", "text": after})
        content = [part for part in parts if part["text"] != ""]
        return {"prompt": [{"role": "user", "content": content}]}

    kept = ["images", "answer"]
    drop = [name for name in source.column_names if name not in kept]
    features = Features({name: FEATURES[name] for name in ("images", "answer", "prompt")})
    return source.map(convert, remove_columns=drop, features=features)


class Logged(TrainerCallback):
    """Writes the study's log lines; evaluation is left out of the seconds."""

    def __init__(self, log: Log, ours: Trainer, test, every: int) -> None:
        self.log, self.ours, self.test, self.every = log, ours, test, every
        self.began = time.perf_counter()

    def on_step_begin(self, _args, _state, _control, **_rest) -> None:
        self.began = time.perf_counter()

    def on_log(self, args, state, _control, logs=None, **_rest) -> None:
        if "reward" in (logs or {}):
            rollouts = args.generation_batch_size
            line = {"step": state.global_step, "reward": round(logs["reward"], 4)}
            silent = logs.get("frac_reward_zero_std", 0.0)
            line["signal"] = round((1 - silent) * rollouts / args.num_generations)
            line |= {"rollouts": rollouts, "seconds": round(self.seconds, 4)}
            self.log.write(line)

    def on_step_end(self, args, state, _control, **_rest) -> None:
        self.seconds = time.perf_counter() - self.began
        self.ours.taken = state.global_step
        last = state.global_step == args.max_steps
        if last or state.global_step % self.every == 0:
            self.log.write(measure(self.ours, self.test, greedy=last))


def configuration(settings: Settings, folder: Path) -> GRPOConfig:
    """TRL's names for the study's settings."""
    return GRPOConfig(
        output_dir=str(folder / "trl"),
        max_steps=settings.steps,
        per_device_train_batch_size=settings.prompts * settings.group,
        num_generations=settings.group,
        max_completion_length=settings.longest,
        learning_rate=settings.rate,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=settings.warmup,
        adam_beta2=0.99,
        weight_decay=0.0,
        max_grad_norm=settings.clip,
        beta=0.0,
        loss_type="dapo",
        temperature=1.0,
        top_k=0,
        seed=settings.seed,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
    )


def train(place: Path, parquet: Path, rows: list[int], settings: Settings, test) -> None:
    """Trains the nano model on the rows and logs to `place/log.jsonl`."""
    place.mkdir(parents=True, exist_ok=True)
    log = Log(place / "log.jsonl")
    log.cut(0)
    model = AutoModelForImageTextToText.from_pretrained(ROOT / "models/nano", dtype=torch.float32)
    with WinnowGrader() as grader:
        ours = Trainer(ROOT / "models" / "nano", settings, grader)
        ours.model = model  # measured by our own code
        facts = {"name": f"trl/{place.name}", "samples": len(rows), **describe(settings)}
        log.write({"run": facts})
        log.write(measure(ours, test, greedy=True))

        def reward(completions, answer, **_rest) -> list[float]:
            texts = [message[0]["content"] for message in completions]
            return [float(right) for right in grader.grade(answer, texts)]

        trainer = GRPOTrainer(
            model=model,
            reward_funcs=reward,
            args=configuration(settings, place),
            train_dataset=dataset(parquet, rows),
            processing_class=AutoProcessor.from_pretrained(ROOT / "models" / "nano"),
            callbacks=[Logged(log, ours, test, settings.evaluate_every)],
        )
        trainer.train()
    (place / "done").touch()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--selection", default="rap", help="made by the study before")
    parser.add_argument("--seed", type=int, default=1001)
    parser.add_argument("--steps", type=int, default=100)
    folder = ROOT / "reproduction" / "runs" / "study"
    parser.add_argument("--folder", type=Path, default=folder)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scored = Scored(args.folder, args.seed)
    rows = scored.select(args.selection, {})
    test = load(held_out_rows(args.folder, TEST_SEED, TEST_ROWS_EACH))
    settings = Settings(steps=args.steps, seed=args.seed)
    place = args.folder / "trl" / f"{args.selection}-{args.seed}"
    train(place, scored.parquet, rows, settings, test)


if __name__ == "__main__":
    main()
