"""`winnow export --to` and `winnow run` held against the loaders that read what they write."""

import contextlib
import importlib.util
import io
import json
import os
import py_compile
import re
import subprocess
import sys
import types
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from datasets import load_dataset
from jinja2 import Template
from PIL import Image

from winnow_reproduction.study_data import ROOT, held_out_rows, winnow

PROMPT = "Say {{ it }} in \\boxed{}."
TRAINERS = ("easyr1", "verl", "trl", "ms-swift")
PARQUET = ("easyr1", "verl", "trl", "r1-v")
JSON = ("ms-swift", "openrlhf", "lmm-r1", "mm-eureka", "llama-factory", "sharegpt", "llava")


@pytest.fixture(scope="session")
def exports(tmp_path_factory) -> Path:
    """A run of eight samples and its exports by trainer, in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("data") / "my exports"
    rows, run = held_out_rows(folder, seed=3, each=4), folder / "run"
    random = ("--method", "random", "--budget", "8", "--prompt", PROMPT)
    winnow("run", str(rows), "--out", str(run), *random)
    for to in (*PARQUET, *JSON):
        winnow("export", str(run), "--to", to, "--into", str(folder / to))
    return folder


@pytest.fixture(scope="session")
def subset(exports) -> list[dict]:
    """The rows of the run's own subset, images as they are stored."""
    return pq.read_table(exports / "run" / "subset" / "test.parquet").to_pylist()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> dict:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return {"split": "train", "cache_dir": str(tmp_path / "cache")}


def stored(row: dict) -> list[bytes]:
    return [image["bytes"] for image in row["images"]]


def is_picture(image, of: bytes) -> bool:
    """Whether a decoded image is the one that these bytes hold."""
    expected = Image.open(io.BytesIO(of)).convert("RGB")
    return isinstance(image, Image.Image) and list(image.convert("RGB").tobytes()) == list(
        expected.tobytes()
    )


@pytest.mark.parametrize("to", PARQUET)
def test_parquet_exports_load_with_their_images_decoded_from_the_same_bytes(
    exports, subset, cache, to
):
    rows = load_dataset("parquet", data_files=str(exports / to / "train.parquet"), **cache)
    assert len(rows) == len(subset) == 8
    column = "image" if to == "r1-v" else "images"
    written = pq.read_table(exports / to / "train.parquet").to_pylist()
    for row, raw, own in zip(rows, written, subset, strict=True):
        decoded = row[column] if isinstance(row[column], list) else [row[column]]
        assert all(map(is_picture, decoded, stored(own)))
        plain = raw[column] if isinstance(raw[column], list) else [raw[column]]
        assert [image["bytes"] for image in plain] == stored(own)
        assert row["winnow_reason"] == "kept" and len(row["winnow_id"]) == 32


@pytest.mark.parametrize("to", JSON)
def test_json_exports_load_and_name_files_that_hold_the_same_bytes(exports, subset, cache, to):
    [file] = (exports / to).glob("train.json*")
    rows = load_dataset("json", data_files=str(file), **cache)
    assert len(rows) == len(subset)
    for row, own in zip(rows, subset, strict=True):
        paths = re.findall(r"(?:file://[^\"']*/)?images/[0-9a-f]{32}\.png", json.dumps(row))
        files = [exports / to / path.removeprefix("file://") for path in dict.fromkeys(paths)]
        assert [file.read_bytes() for file in files] == stored(own)


def test_easyr1_finds_one_split_per_image_in_the_rendered_question(exports, subset, cache):
    """verl/utils/dataset.py: the template is rendered first, then split on `<image>`."""
    folder = exports / "easyr1"
    template = Template((folder / "recipe" / "format-prompt.jinja").read_text().strip())
    rows = load_dataset("parquet", data_files=str(folder / "train.parquet"), **cache)
    for row, own in zip(rows, subset, strict=True):
        asked = template.render(content=row["problem"])
        assert asked == f"{own['problem']} {PROMPT}"
        assert asked.count("<image>") == len(row["images"]) >= 1
        assert row["answer"] == own["answer"]
    for row in pq.read_table(folder / "train.parquet").to_pylist():  # without the metadata
        assert all(Image.open(io.BytesIO(image["bytes"])) for image in row["images"])


def test_verl_finds_as_many_placeholders_as_images_and_its_own_columns(exports, subset, cache):
    """verl/utils/dataset/rl_dataset.py: `_build_messages` asserts the counts both ways."""
    rows = load_dataset("parquet", data_files=str(exports / "verl" / "train.parquet"), **cache)
    for index, (row, own) in enumerate(zip(rows, subset, strict=True)):
        [message] = row["prompt"]
        segments = re.split("(<image>|<video>|<audio>)", message["content"])
        assert [part for part in segments if re.fullmatch("<.*>", part)] == ["<image>"] * len(
            row["images"]
        )
        assert message["role"] == "user" and message["content"].endswith(PROMPT)
        assert row["reward_model"] == {"style": "rule", "ground_truth": own["answer"]}
        assert (row["data_source"], row["ability"]) == ("test", "math")
        assert (row["extra_info"]["index"], row["extra_info"]["split"]) == (index, "train")


def test_ms_swift_finds_a_tag_per_image(exports, cache):
    rows = load_dataset("json", data_files=str(exports / "ms-swift" / "train.jsonl"), **cache)
    for row in rows:
        assert [message["role"] for message in row["messages"]] == ["user"]
        assert row["messages"][0]["content"].count("<image>") == len(row["images"])


def test_llama_factory_finds_its_columns_and_as_many_placeholders_as_images(exports):
    """data/README.md: the count is taken over the whole conversation."""
    info = json.loads((exports / "llama-factory" / "dataset_info.json").read_text())["winnow"]
    rows = json.loads((exports / "llama-factory" / info["file_name"]).read_text())
    for row in rows:
        turns = row[info["columns"]["messages"]]
        assert [turn[info["tags"]["role_tag"]] for turn in turns] == ["user", "assistant"]
        text = "".join(turn[info["tags"]["content_tag"]] for turn in turns)
        assert text.count("<image>") == len(row[info["columns"]["images"]])


@contextlib.contextmanager
def reward_of(exports: Path, trainer: str):
    """A trainer's `reward.py`, loaded by path as trainers do."""
    path, before = exports / trainer / "recipe" / "reward.py", list(sys.path)
    spec = importlib.util.spec_from_file_location("custom_reward_fn", path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path[:] = before
        sys.modules.pop("winnow_reward").GRADER.close()


RESPONSES = (
    "<think>so</think> \\boxed{\\frac{6}{8}}",
    "<think>so</think> \\boxed{0.7}",
    "__import__('os').abort() \n\r\u2028\ud800 </answer>",
)


def test_easyr1_reward_grades_a_batch_and_one_response(exports):
    with reward_of(exports, "easyr1") as module:
        same = {"response_length": 9, "ground_truth": "3/4"}
        inputs = [{"response": text, **same} for text in RESPONSES]
        scores = module.compute_score(inputs)
        assert [score["overall"] for score in scores] == [1.0, 0.0, 0.0]
        assert module.compute_score(inputs[0]) == {"overall": 1.0, "accuracy": 1.0}


def test_verl_reward_grades_one_response_with_its_options(exports):
    with reward_of(exports, "verl") as module:
        for text, right in zip(RESPONSES, (1.0, 0.0, 0.0), strict=True):
            assert module.compute_score("test", text, "3/4") == {"score": right, "acc": right}
        extra = {"index": 0, "choices": ["a red square", "a blue circle"]}
        assert module.compute_score("test", "\\boxed{a blue circle}", "B", extra)["score"] == 1.0
        assert module.compute_score("test", "\\boxed{a blue circle}", "A", extra)["score"] == 0.0


def test_trl_reward_reads_messages_and_leaves_out_what_nobody_can_grade(exports):
    with reward_of(exports, "trl") as module:
        completions = [[{"role": "assistant", "content": text}] for text in RESPONSES]
        truths = ["3/4"] * 3
        assert module.winnow_reward(completions=completions, solution=truths) == [1.0, 0.0, 0.0]
        vague = "It depends on how one looks at it, for several reasons that cannot be counted."
        assert module.winnow_reward(completions=["\\boxed{4}"], solution=[vague]) == [None]


def test_ms_swift_plugin_registers_its_reward(exports, monkeypatch):
    rewards = types.ModuleType("swift.rewards")
    rewards.ORM, rewards.orms = object, {}
    monkeypatch.setitem(sys.modules, "swift", types.ModuleType("swift"))
    monkeypatch.setitem(sys.modules, "swift.rewards", rewards)
    with reward_of(exports, "ms-swift"):
        reward = rewards.orms["winnow"]()
        assert reward(list(RESPONSES), solution=["3/4"] * 3, trainer_state=None) == [1.0, 0.0, 0.0]


def test_a_grader_that_cannot_be_started_is_an_error_and_never_a_reward(exports, monkeypatch):
    four = {"completions": ["\\boxed{4}"], "solution": ["4"]}
    monkeypatch.setenv("WINNOW_COMMAND", "true")
    with reward_of(exports, "trl") as module, pytest.raises(RuntimeError, match="ended early"):
        module.winnow_reward(**four)
    monkeypatch.delenv("WINNOW_COMMAND")
    monkeypatch.setenv("PATH", "")
    with reward_of(exports, "trl") as module:
        monkeypatch.setitem(
            sys.modules["winnow_reward"].scored(), "command", ["/gone/node", "/gone.js"]
        )
        with pytest.raises(RuntimeError, match="WINNOW_COMMAND"):
            module.winnow_reward(**four)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_recipes_compile_and_their_numbers_are_numbers_to_python(exports, trainer, tmp_path):
    recipe = exports / trainer / "recipe"
    for file in recipe.glob("*.py"):
        py_compile.compile(str(file), cfile=str(tmp_path / "x.pyc"), doraise=True)
    subprocess.run(["bash", "-n", str(recipe / "launch.sh")], check=True)
    configurations = [yaml.safe_load(file.read_text()) for file in recipe.glob("*.yaml")]
    assert configurations
    found = dict(pair for one in configurations for pair in numbers(one))
    rate = found.get("lr", found.get("learning_rate"))
    assert isinstance(rate, float) and rate == 1e-6
    assert found.get("n", found.get("num_generations")) == 5
    assert found.get("max_response_length", found.get("max_completion_length")) == 32


def numbers(value, key=None):
    """Every number of a configuration, and every text where one should stand."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from numbers(one, name)
    elif isinstance(value, str):
        assert not re.fullmatch(r"[-+.\deE]+", value), f"{key}: {value!r} is a text"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value


@pytest.mark.parametrize("trainer", ["easyr1", "verl", "ms-swift"])
@pytest.mark.parametrize("algorithm", ["grpo", "rloo"])
def test_launch_scripts_name_files_that_are_there_and_the_algorithm(
    exports, trainer, algorithm, tmp_path
):
    """The trainer's own command is replaced by one that prints its words."""
    for name in ("python3", "swift"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
        program.chmod(0o755)
    script = exports / trainer / "recipe" / "launch.sh"
    command = ["bash", str(script), algorithm, "more=1"]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    words = done.stdout.splitlines()
    assert words[-1] == "more=1" and any(algorithm in word for word in words)
    ours = [word for word in words if "/my exports/" in word]
    named = [re.sub(r"^[^/]*=?'?(/.*?)'?$", r"\1", word) for word in ours]
    assert len(named) >= 3
    assert all(Path(path.removesuffix(":compute_score")).exists() for path in named)
    wrong = subprocess.run(["bash", str(script), "ppo"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "grpo|rloo" in wrong.stderr


@pytest.mark.parametrize("algorithm", ["grpo", "rloo"])
def test_trl_takes_two_real_steps_with_the_recipe_of_an_exported_subset(algorithm, tmp_path):
    """The recipe's own script and reward on the nano model, as docs/recipes/trl.md has it."""
    pytest.importorskip("trl")
    rows, run = held_out_rows(tmp_path, seed=3, each=4), tmp_path / "run"
    winnow("run", str(rows), "--out", str(run), "--method", "random", "--budget", "8")
    winnow("export", str(run), "--to", "trl")
    cpu = ("use_cpu=true", "bf16=false", "gradient_checkpointing=false")
    few = ("max_steps=2", "gradient_accumulation_steps=2", f"output_dir={tmp_path / 'out'}")
    command = [sys.executable, str(run / "trl" / "recipe" / "launch.py"), algorithm, *cpu, *few]
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_CACHE": str(tmp_path / "cache"),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [*command, "save_strategy=steps", "save_steps=2"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    [state] = (tmp_path / "out").glob("checkpoint-2/trainer_state.json")
    steps = [step for step in json.loads(state.read_text())["log_history"] if "reward" in step]
    assert [step["step"] for step in steps] == [1, 2]
    assert all(0 <= step["rewards/winnow_reward/mean"] <= 1 for step in steps)
    assert sum(step["grad_norm"] for step in steps) > 0


FEATURES = {
    "new": {"feature": {"_type": "Image"}, "_type": "List"},
    "old": {"feature": {"_type": "Image"}, "_type": "Sequence"},
}


@pytest.mark.parametrize("age", FEATURES)
def test_a_subset_of_parquet_loads_with_its_images_and_every_metadata_key(age, tmp_path, cache):
    source = pq.read_table(held_out_rows(tmp_path, seed=3, each=4))
    huggingface = json.loads(source.schema.metadata[b"huggingface"])
    huggingface["info"]["features"]["images"] = FEATURES[age]
    metadata = {
        **source.schema.metadata,
        b"huggingface": json.dumps(huggingface),
        b"content_defined_chunking": b'{"min": 1}',
        b"unheard of": b"\xff\x00 kept",
    }
    data = tmp_path / "data" / "train.parquet"
    data.parent.mkdir()
    pq.write_table(source.replace_schema_metadata(metadata), data)
    run = tmp_path / "run"
    winnow("run", str(data), "--out", str(run), "--method", "random", "--budget", "5")
    written = run / "subset" / "train.parquet"
    before, after = (pq.read_metadata(file).metadata for file in (data, written))
    assert after == before and b"unheard of" in after
    rows = load_dataset("parquet", data_files=str(written), **cache)
    own = pq.read_table(written).to_pylist()
    by_id = {row["id"]: row for row in source.to_pylist()}
    assert len(rows) == 5
    for row, raw in zip(rows, own, strict=True):
        assert raw == by_id[row["id"]]
        assert all(map(is_picture, row["images"], stored(raw)))


def test_a_subset_of_json_lines_loads_and_its_images_decode(tmp_path, cache):
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    lines = []
    for number, row in enumerate(pq.read_table(held_out_rows(tmp_path, 3, 4)).to_pylist()):
        name = f"images/{number}.png"
        (folder / name).write_bytes(row["images"][0]["bytes"])
        line = {"id": row["id"], "problem": row["problem"], "answer": row["answer"]}
        lines.append(json.dumps({**line, "images": [name], "note": None}))
    (folder / "train.jsonl").write_text("\n".join(lines) + "\n")
    run = tmp_path / "run"
    winnow("run", str(folder), "--out", str(run), "--method", "random", "--budget", "5")
    subset = run / "subset"
    rows = load_dataset("json", data_files=str(subset / "train.jsonl"), **cache)
    assert len(rows) == 5
    for row in rows:
        [name] = row["images"]
        assert is_picture(Image.open(subset / name), (folder / name).read_bytes())
        assert (subset / name).read_bytes() == (folder / name).read_bytes()


def test_the_export_names_no_path_but_the_models_and_winnows(exports):
    for trainer in TRAINERS:
        recipe = exports / trainer / "recipe"
        texts = [file.read_text() for file in recipe.iterdir() if file.is_file()]
        assert all(str(exports) not in text for text in texts)
        assert json.loads((recipe / "scored.json").read_text())["command"][1] == str(
            ROOT / "bin" / "winnow.js"
        )
