"""The tables of the dynamic variant and of fine-tuning, on runs made by hand."""

from winnow_reproduction import dynamic_tables, fine_tuning_tables
from winnow_reproduction.study_data import TEST_FAMILIES
from winnow_reproduction.study_logs import Trained

DATA = {1: {"price": {"lazy": {"rollouts": {"image": 40_000, "text": 18_000}}}}}
COHORTS = {"visual": 4, "mislabelled": 1, "irrelevant": 5}
ROUND = {
    "after": 25, "answered": 15, "before": 8, "samples": 10, "kept": 2, "by_chance": 0.5,
    "rollouts": 100, "cpu": 4.0, "gflop": 6.0, "cohorts": COHORTS,
}  # fmt: skip


def evals(accuracy: dict[int, float]) -> list[dict]:
    return [
        {
            "eval": step,
            "sampled": dict.fromkeys(TEST_FAMILIES, value),
            "greedy": {"a": 0.9},
            "blind": {"a": 0.25},
        }
        for step, value in accuracy.items()
    ]


def trained(arm: str, last: float, refreshes: list[dict], every_row: int) -> Trained:
    about = {"name": f"x/{arm}-1", "seed": 1, "samples": 10, "prompts": 2, "steps": 100}
    steps = [
        {
            "step": i + 1, "rollouts": 16, "signal": 2 if i < 25 else 1,
            "rows": [i % every_row, 0], "response_tokens": 30, "cpu": 0.5, "gflop": 2.0,
        }
        for i in range(100)
    ]  # fmt: skip
    marks = {0: 0.4, 25: 0.6, 50: 0.7, 75: 0.75, 100: last}
    return Trained(about, steps, evals(marks), refreshes)


def cells(table: str, arm: str) -> list[str]:
    line = next(line for line in table.splitlines() if line.startswith(f"| `{arm}`"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_selecting_again_is_set_against_selecting_once_with_all_that_both_cost():
    once = trained("rap", 0.8, [], 5)
    again = trained("rap-dynamic", 0.9, [ROUND, {**ROUND, "rollouts": 300, "after": 50}], 7)
    table = dynamic_tables.against_static([again], [once], DATA)
    # 58,000 to select, 1,600 to train, and 400 to select again.
    assert cells(table, "rap")[6:] == ["", "5", "1.0", "0", "0", "0", "59.6"]
    assert cells(table, "rap-dynamic")[5:] == [
        "90.0",
        "+10.0",
        "7",
        "1.0",
        "0.4",
        "8",
        "12",
        "60.0",
    ]


def test_a_round_says_what_it_kept_and_what_it_brought_in():
    table = dynamic_tables.rounds([trained("rap-dynamic", 0.9, [ROUND], 5)])
    found = cells(table, "rap-dynamic")
    assert found[1:] == ["1, after step 25", "15", "0.1", "8", "10", "25", "50", "40", "10", "50"]


def test_fine_tuning_is_compared_with_random_rows_with_and_without_the_picture():
    runs = [trained("rap", 0.8, [], 5), trained("random", 0.7, [], 5)]
    table = fine_tuning_tables.fine_tuned(runs)
    assert cells(table, "rap")[9:] == ["**80.0**", "90.0", "25.0", "+10.0", "3", "50", "200"]
    steps = fine_tuning_tables.over_steps(runs)
    assert cells(steps, "random")[1:] == ["40.0", "60.0", "70.0", "75.0", "70.0"]
