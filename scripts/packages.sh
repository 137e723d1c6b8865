# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # $logs and $jobs come from ./dev
#
# Sourced by ./dev: installs what is missing, and only that.

# Prints the entries of scripts/packages.txt for the given uses.
entries_for() {
    local use
    for use in "$@"; do
        sed -n "s/^$use://p" scripts/packages.txt | tr -s ' ' '\n' | sed '/^$/d'
    done | sort -u
}

# Prints the packages of the given uses that are not there.
missing_for() {
    local entry command
    for entry in $(entries_for "$@"); do
        if [[ $entry == *@* ]]; then
            command=${entry#*@}
            command -v "$command" >/dev/null || say "${entry%@*}"
        elif [[ $(dpkg-query -W -f '${db:Status-Status}' "$entry" 2>/dev/null) != installed ]]; then
            say "$entry"
        fi
    done
}

# need USE...: makes sure that the packages of these uses are installed.
need() {
    local missing root=()
    if ! command -v apt-get >/dev/null; then
        say "dev: no apt-get here; this needs (Debian names): $(entries_for "$@" | tr '\n' ' ')" >&2
        return
    fi
    missing=$(missing_for "$@" | tr '\n' ' ')
    [[ -n $missing ]] || return 0
    say "installing: $missing"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "neither root nor sudo: apt-get install $missing" 3
        root=(sudo)
    fi
    mkdir -p "$logs"
    # shellcheck disable=SC2086 # a list of words
    if ! {
        "${root[@]}" apt-get update --quiet
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes \
            --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
    } >"$logs/apt.log" 2>&1 </dev/null; then
        tail -n 15 "$logs/apt.log" >&2
        die "apt-get could not install these; the whole log is $logs/apt.log" 3
    fi
}
