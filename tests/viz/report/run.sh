#!/usr/bin/env bash
# Tests the report's pages: those of test data, and those that a program makes.
# Usage: tests/viz/report/run.sh [PROGRAM [NAME]...]     Exit: 0 ok, 1 failed, 4 cannot
set -euo pipefail
cd "$(dirname "$0")/../../.."
viz/report/install.sh
if [ $# -gt 0 ]; then
    LMSIM_PROGRAM=$(realpath "$1")
    export LMSIM_PROGRAM
    shift
fi
exec node tests/viz/report/all.mjs "$@"
