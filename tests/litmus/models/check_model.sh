#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_model.sh MODEL holds|fails [-DNAME=VALUE...]: searches all states of a Promela model with
# spin, and is content when the answer is the expected one.
set -euo pipefail

model=$(realpath "$1")
expected=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$model" model.pml
spin -a "$@" model.pml
"${CC:-cc}" -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c
./pan -m1000000 -n >pan.log || true

if grep -q 'search depth too small\|out of memory' pan.log; then
    cat pan.log
    exit 1
elif grep -q 'errors: 0$' pan.log; then
    answer=holds
else
    answer=fails
fi
grep -E 'states, stored|errors:|elapsed' pan.log
if [[ $answer != "$expected" ]]; then
    echo "the model $answer, and ought to be one that $expected"
    [[ $answer == fails ]] && spin -t -p -g "$@" model.pml | tail -n 200
    exit 1
fi
