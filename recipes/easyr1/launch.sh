#!/usr/bin/env bash
# bash launch.sh grpo|rloo [key=value …]     in a folder where EasyR1 is installed, or cloned
set -euo pipefail
recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$(dirname "$recipe")/train.parquet
algorithm=${1:-}
case "$algorithm" in grpo | rloo) shift ;; *) echo "usage: bash launch.sh grpo|rloo [key=value …]" >&2; exit 2 ;; esac
case "$data" in *@*) echo "EasyR1 takes what follows @ in a path for a split; move $data" >&2; exit 2 ;; esac

python3 -m verl.trainer.main \
  config="$recipe/config.yaml" \
  data.train_files="$data" \
  data.val_files="$data" \
  data.format_prompt="$recipe/format-prompt.jinja" \
  worker.reward.reward_function="$recipe/reward.py:compute_score" \
  algorithm.adv_estimator="$algorithm" \
  trainer.experiment_name="winnow-$algorithm" \
  "$@"
