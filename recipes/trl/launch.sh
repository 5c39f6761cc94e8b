#!/usr/bin/env bash
# bash launch.sh grpo|rloo [key=value …]     where TRL and accelerate are installed
set -euo pipefail
recipe=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
accelerate launch "$recipe/launch.py" "$@"
