"""What Hugging Face's own tools make of a hub: one JSON line per question on standard output.

Arguments: a question, and its own ones. The hub's address and the cache come from the environment.
"""

import json
import os
import sys

import datasets
import huggingface_hub
from datasets.data_files import DataFilesDict, get_data_patterns

datasets.disable_progress_bars()


def load(repo: str, config: str, split: str) -> dict:
    """Rows of a configuration: its columns, and where there are images the size of the first one of each row."""
    return describe(datasets.load_dataset(repo, config, split=split))


def load_file(repo: str, name: str) -> dict:
    """Rows of one Parquet file of a dataset."""
    return describe(datasets.load_dataset("parquet", data_files=f"hf://datasets/{repo}/{name}", split="train"))


def describe(rows: datasets.Dataset) -> dict:
    images = [name for name, feature in rows.features.items() if is_image(feature)]
    first = [row[images[0]] for row in rows] if images else []
    sizes = [list((one[0] if isinstance(one, list) else one).size) for one in first] if images else None
    columns = {name: list(rows[name]) for name in ("id", "selected", "reason") if name in rows.column_names}
    return {"rows": len(rows), "names": rows.column_names, "columns": columns, "sizes": sizes}


def is_image(feature: object) -> bool:
    return isinstance(getattr(feature, "feature", feature), datasets.Image)


def snapshot(repo: str) -> dict:
    """Every file of a dataset, downloaded, and its bytes counted."""
    folder = huggingface_hub.snapshot_download(repo, repo_type="dataset")
    files = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return {os.path.relpath(file, folder): os.path.getsize(file) for file in files}


def cached(repo: str, name: str, revision: str) -> str | None:
    """Where the cache has a file, without asking anybody."""
    found = huggingface_hub.try_to_load_from_cache(repo, name, revision=revision, repo_type="dataset")
    return found if isinstance(found, str) else None


def splits(folders: str) -> list:
    """The files by split of each of these folders (a JSON list), as `load_dataset` finds them; null: none."""
    found = []
    for folder in json.loads(folders):
        try:
            files = DataFilesDict.from_patterns(get_data_patterns(folder), base_path=folder)
            found.append({str(split): [os.path.relpath(file, folder) for file in list_] for split, list_ in files.items()})
        except FileNotFoundError:
            found.append(None)
    return found


QUESTIONS = {"load": load, "load_file": load_file, "snapshot": snapshot, "cached": cached, "splits": splits}
print(json.dumps(QUESTIONS[sys.argv[1]](*sys.argv[2:]), default=str))
