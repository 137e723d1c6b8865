# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # $logs and $jobs come from ./dev
#
# Sourced by ./dev: the stages of ./dev test.

stages=(lint dev asan tsan no-exceptions run tsan-real clang bench tidy)
# What runs unasked, in half an hour on two quiet cores. The others run with --only.
default_stages=(lint dev asan run)
declare -A about=(
    [lint]="formatting, scripts, layers, style, docs"
    [bench]="the benches and their competitors, each once and verified"
    [tidy]="clang-tidy on the library"
    [dev]="GCC: all tests, consumers of the package"
    [clang]="Clang 19: all tests"
    [asan]="AddressSanitizer with leaks, UndefinedBehaviorSanitizer"
    [tsan]="ThreadSanitizer, mutex queue and thread executor"
    [tsan-real]="ThreadSanitizer, real queue and TBB"
    [no-exceptions]="core without exceptions and RTTI"
    [run]="the main example on its data, as ./dev run does it"
)
passed=0 failed=0 skipped=0 failures=()

cmd_test() {
    local chosen=("${default_stages[@]}") stage started=$SECONDS
    quick=false
    while (($# > 0)); do
        case $1 in
            --quick) quick=true chosen=(lint dev) ;;
            --only) IFS=, read -ra chosen <<<"${2:?--only wants a stage}" && shift ;;
            --list) for stage in "${stages[@]}"; do
                printf '%-14s %s\n' "$stage" "${about[$stage]}"
            done && return ;;
            *) die "test: unknown argument '$1' (./dev test --help)" 2 ;;
        esac
        shift
    done
    for stage in "${chosen[@]}"; do
        [[ -n ${about[$stage]:-} ]] || die "test: no stage '$stage' (./dev test --list)" 2
    done
    need build run test format lint
    mkdir -p "$logs"
    for stage in "${chosen[@]}"; do
        run_stage "$stage"
    done
    say
    say "took $((SECONDS - started)) s"
    ((${#failures[@]} == 0)) || say "failed: ${failures[*]}"
    if ((skipped > 0)); then
        say "$passed passed, $failed failed, $skipped skipped"
    else
        say "$passed passed, $failed failed"
    fi
    ((failed == 0 && ${#failures[@]} == 0))
}

# Runs one stage in a subshell, prints its verdict, adds its tests to the sums.
run_stage() {
    local stage=$1 log=$logs/$1.log started=$SECONDS status=0 counts p f s
    printf '== %-14s %s\n' "$stage" "${about[$stage]}"
    # Not in a condition: bash would ignore "set -e" in there.
    set +e
    (
        set -e
        case $stage in
            lint) stage_checks check_format check_shell check_own ;;
            tidy) stage_checks check_tidy ;;
            run) stage_run ;;
            bench) stage_bench ;;
            *) stage_preset "$stage" ;;
        esac
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    # Each stage ends its checks with ctest's summary or with our own line "counted P F".
    counts=$(sed -nE \
        -e 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/ctest \1 \2/p' \
        -e 's/^counted ([0-9]+) ([0-9]+)$/own \2 \1/p' "$log" |
        awk '$1 == "ctest" { f += $2; p += $3 - $2 } $1 == "own" { f += $2; p += $3 }
             END { print p + 0, f + 0 }')
    read -r p f <<<"$counts"
    s=$(grep -cE '^\s*[0-9]+ - .* \(Skipped\)$' "$log" || true)
    p=$((p - s))
    if ((status == 0 && p == 0)); then
        status=1
        say "error: the stage ran no test" >>"$log"
    fi
    if ((status != 0 && f == 0)); then f=1; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '   %d passed, %d failed, %d skipped, %d s\n' "$p" "$f" "$s" "$((SECONDS - started))"
    if ((status != 0)); then
        failures+=("$stage")
        say "   --- from $log"
        failure_excerpt "$log"
    fi
}

# What a person needs first of a long log: the failures, then its end, where ctest lists them.
failure_excerpt() {
    grep -nE '\*\*\*(Failed|Timeout|Exception)|Failure$|WARNING: Thread|ERROR: .*San|error:' "$1" |
        head -n 40 || true
    tail -n 40 "$1"
}

stage_preset() {
    local started=$SECONDS exclude=()
    build "$1"
    say "build: $((SECONDS - started)) s"
    if $quick; then exclude=(--label-exclude '^(slow|package|bench)$'); fi
    ctest --preset "$1" -j "$jobs" "${exclude[@]}"
}

stage_checks() {
    local p=0 f=0 check
    for check in "$@"; do
        if "$check"; then
            p=$((p + 1))
        else
            f=$((f + 1))
            say "error: $check failed"
        fi
    done
    say "counted $p $f"
    ((f == 0))
}

stage_bench() {
    need build bench
    build bench
    python3 -B bench/run.py --quick --out build/bench/smoke_report
    say "counted 1 0"
}

stage_run() {
    local report=$logs/run.report
    (cmd_run --events 20000) | tee "$report"
    grep -q 'unaccounted *0$' "$report" || { say "error: the report does not balance" && return 1; }
    say "counted 1 0"
}
