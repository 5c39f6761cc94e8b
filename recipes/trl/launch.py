"""Trains on the samples of this folder with TRL: python launch.py grpo|rloo [key=value …]

`grpo.yaml` and `rloo.yaml` hold what TRL's GRPOConfig and RLOOConfig take, and the model's name;
words such as `max_steps=2` go on top.
"""

import argparse
import json
import math
from pathlib import Path

import yaml
from datasets import load_dataset
from reward import winnow_reward
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer
from winnow_reward import scored

HERE = Path(__file__).resolve().parent
TRAINERS = {"grpo": (GRPOConfig, GRPOTrainer), "rloo": (RLOOConfig, RLOOTrainer)}


def limit_pixels(image):
    """An image as large as the model was shown it when the samples were scored."""
    limit = scored()["max_pixels"]
    if limit is None or image.width * image.height <= limit:
        return image
    scale = math.sqrt(limit / (image.width * image.height))
    return image.resize((int(image.width * scale) or 1, int(image.height * scale) or 1))


def load_samples():
    """Images are scaled when a row is read, so that the data set stays as it is on disk."""
    samples = load_dataset("parquet", data_files=str(HERE.parent / "train.parquet"), split="train")
    if scored()["max_pixels"] is None:
        return samples

    def scale(batch):
        images = [[limit_pixels(image) for image in row] for row in batch["images"]]
        return {**batch, "images": images}

    return samples.with_transform(scale)


def read_value(text):
    """A number, true, false, null, a list or an object as JSON has it; any other text is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("algorithm", choices=TRAINERS)
    parser.add_argument("settings", nargs="*", metavar="key=value")
    args = parser.parse_args()
    settings = yaml.safe_load((HERE / f"{args.algorithm}.yaml").read_text(encoding="utf-8"))
    for word in args.settings:
        key, _, value = word.partition("=")
        settings[key] = read_value(value)
    model = settings.pop("model")
    config, trainer = TRAINERS[args.algorithm]
    trainer(
        model=model,
        reward_funcs=winnow_reward,
        args=config(**settings),
        train_dataset=load_samples(),
    ).train()


if __name__ == "__main__":
    main()
