"""Devices that this machine has not: what is chosen, what is said, and what runs where.

No test here ran on a GPU. PyTorch's meta device stands for one: its tensors hold no numbers, but
they cannot be mixed with the CPU's, just as a GPU's cannot.
"""

import importlib
import os

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import winnow_attention
from winnow_attention import __main__, columns, last_layer, measure
from winnow_attention.columns import ColumnScorer, OptionSet
from winnow_attention.device import NoDeviceError, choose_device, choose_dtype
from winnow_attention.last_layer import Captured, response_blocks

SETS = {"paper": OptionSet(), "robust": OptionSet(2.0, "max", 3, "window", True)}


def pretend(monkeypatch, cuda: int = 0, mps: bool = False, bf16: bool = True) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("there", "device", "dtype"),
    [
        ({}, "cpu", "float32"),
        ({"mps": True}, "mps", "float32"),
        ({"cuda": 2, "mps": True}, "cuda", "bfloat16"),
        ({"cuda": 1, "bf16": False}, "cuda", "float16"),
    ],
)
def test_auto_takes_the_best_device_and_its_precision(monkeypatch, there, device, dtype):
    pretend(monkeypatch, **there)
    assert choose_device("auto") == device
    assert choose_dtype("auto", device) == dtype
    assert choose_dtype("float32", device) == "float32"


def test_a_device_that_is_named_has_to_be_there(monkeypatch):
    pretend(monkeypatch, cuda=2)
    assert choose_device("cuda:1") == "cuda:1"
    assert choose_device("cpu") == "cpu"
    with pytest.raises(NoDeviceError, match=r"--device cuda:2: .* sees cpu, cuda:0 to cuda:1"):
        choose_device("cuda:2")
    with pytest.raises(NoDeviceError, match=r"--device mps: .* sees cpu, cuda:0 to cuda:1$"):
        choose_device("mps")
    for wrong in ("gpu", "cuda:", "cuda:x", "cuda1"):
        with pytest.raises(NoDeviceError, match="takes auto, cpu, cuda, cuda:1, … or mps"):
            choose_device(wrong)


def test_the_command_line_ends_with_a_sentence_where_the_device_is_missing(monkeypatch, capsys):
    pretend(monkeypatch)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(SystemExit) as ended:
        __main__.main(["--model", "nowhere", "--device", "cuda"])
    assert ended.value.code == 2
    assert "sees cpu; this PyTorch was built without CUDA" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_sums_are_in_double_precision_where_there_is_one(kind):
    with FakeTensorMode(), torch.device(kind):
        scorer = ColumnScorer(SETS, 10, 6, torch.arange(3))
        precise = {"cuda": torch.float64, "mps": torch.float32}[kind]
        for found in (scorer.masses, scorer.sets["paper"].sums, scorer.sets["robust"].best):
            assert (found.device.type, found.dtype) == (kind, precise)


def test_threads_wait_without_spinning_unless_they_are_told_to(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY")
    importlib.reload(winnow_attention)
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    importlib.reload(winnow_attention)
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "CUDA error: out of memory",
        "MPS backend out of memory (MPS allocated: 17.9 GB, other allocations: 1 MB)",
        "Invalid buffer size: 20.50 GiB",
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: not enough memory",
    ],
)
def test_every_devices_words_for_too_little_memory_are_understood(words):
    assert measure._is_out_of_memory(RuntimeError(words))
    assert not measure._is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_blocks_and_scores_stay_on_the_models_device(monkeypatch, dtype):
    monkeypatch.setattr(columns, "_require_stochastic", lambda first, mean: None)
    # Blocks of two rows.
    monkeypatch.setattr(last_layer, "BLOCK_BYTES", 4 * 4 * 16 * 2 // last_layer.DEVICE_BLOCK)
    with torch.device("meta"):
        query = torch.randn(2, 4, 6, 8, dtype=dtype)
        key = torch.randn(2, 2, 16, 8, dtype=dtype)
        mask = torch.ones(1, 1, 6, 16, dtype=torch.bool)
        images = torch.arange(3)
    captured = Captured(query, key, mask, 0.3, softcap=5.0, window=4, offset=10)
    scorer = ColumnScorer(SETS, 10, 6, images)
    blocks = list(response_blocks(captured, 1, 10, 6))
    assert [(first, block.device.type, block.dtype) for first, block in blocks] == [
        (first, "meta", torch.float32) for first in (0, 2, 4)
    ]
    for first, block in blocks:
        scorer.add_block(first, block)
    with pytest.raises(RuntimeError, match="device"):
        scorer.add_block(4, torch.zeros(blocks[-1][1].shape))
