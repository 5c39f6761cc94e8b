"""Where a model runs and how precisely: `--device`, `--dtype`."""

import torch


class NoDeviceError(ValueError):
    """The device that was asked for is not there, and which are."""


def choose_device(asked: str) -> str:
    """auto: cuda, else mps, else cpu; anything else has to be there. Raises `NoDeviceError`."""
    found = _devices()
    if asked == "auto":
        return next(kind for kind in ("cuda", "mps", "cpu") if kind in found)
    kind, _, index = asked.partition(":")
    if kind not in ("cuda", "mps", "cpu") or not (index.isdigit() or asked == kind):
        raise NoDeviceError(f"--device takes auto, cpu, cuda, cuda:1, … or mps, found {asked}")
    if kind not in found or int(index or 0) >= found[kind]:
        here = ", ".join(
            one if count == 1 else f"{one}:0 to {one}:{count - 1}" for one, count in found.items()
        )
        blind = kind == "cuda" and torch.version.cuda is None
        built = "; this PyTorch was built without CUDA" if blind else ""
        raise NoDeviceError(f"--device {asked}: PyTorch {torch.__version__} sees {here}{built}")
    return asked


def choose_dtype(asked: str, device: str) -> str:
    """auto: bfloat16 on CUDA, float16 where the card has none, float32 elsewhere."""
    if asked != "auto":
        return asked
    if not device.startswith("cuda"):
        return "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


def free_memory(device: str) -> None:
    """Gives cached blocks back after a batch did not fit."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device.startswith("mps"):
        torch.mps.empty_cache()


def _devices() -> dict[str, int]:
    """Kinds of devices that are there, and how many of each."""
    found = {"cpu": 1}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.device_count()
    if torch.backends.mps.is_available():
        found["mps"] = 1
    return found
