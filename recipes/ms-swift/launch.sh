#!/usr/bin/env bash
# bash launch.sh grpo|rloo [--key value …]     where ms-swift is installed
set -euo pipefail
recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$(dirname "$recipe")
algorithm=${1:-}
case "$algorithm" in grpo | rloo) shift ;; *) echo "usage: bash launch.sh grpo|rloo [--key value …]" >&2; exit 2 ;; esac

# RLOO is GRPO's trainer with another advantage; the paths of images are relative to the data.
ROOT_IMAGE_DIR="$data" NPROC_PER_NODE="${NPROC_PER_NODE:-8}" swift rlhf \
  --rlhf_type grpo \
  --advantage_estimator "$algorithm" \
  --config "$recipe/config.yaml" \
  --dataset "$data/train.jsonl" \
  --external_plugins "$recipe/reward.py" \
  --reward_funcs winnow \
  "$@"
