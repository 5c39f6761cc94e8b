#!/usr/bin/env bash
# bash launch.sh grpo|rloo [key=value …]     where verl is installed
set -euo pipefail
recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$(dirname "$recipe")/train.parquet
algorithm=${1:-}
case "$algorithm" in grpo | rloo) shift ;; *) echo "usage: bash launch.sh grpo|rloo [key=value …]" >&2; exit 2 ;; esac

python3 -m verl.trainer.main_ppo \
  --config-path="$recipe" --config-name=config \
  "data.train_files='$data'" \
  "data.val_files='$data'" \
  "reward.custom_reward_function.path='$recipe/reward.py'" \
  algorithm.adv_estimator="$algorithm" \
  trainer.experiment_name="winnow-$algorithm" \
  "$@"
