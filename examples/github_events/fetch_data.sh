#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Fetches the webhooks that the example replays: version and checksums are in data.lock. They go
# into a cache folder outside of the source tree and are checked each time, so running this again
# costs some milliseconds.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: fetch_data.sh [--to DIR] [--from FILE.tgz] [--force] [--quiet]

  --to DIR         where to put index.json
                   (default: $XDG_CACHE_HOME/stentor/github_events, ~/.cache/stentor/github_events)
  --from FILE.tgz  take the package from a file that was fetched elsewhere
  --force          fetch again even if what is there is right
  --quiet          say nothing when the data is there already

Exit codes: 0 the data is there, 2 wrong usage, 3 it cannot be had (the message says what to do).
TEXT
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock="$here/data.lock"
to="" from="" force=false quiet=false

while (($# > 0)); do
    case $1 in
        --to | --from)
            if [[ -z ${2:-} ]]; then
                echo "fetch_data.sh: $1 wants a value" >&2
                exit 2
            fi
            if [[ $1 == --to ]]; then to=$2; else from=$2; fi
            shift 2
            ;;
        --force) force=true; shift ;;
        --quiet) quiet=true; shift ;;
        --help) usage; exit 0 ;;
        *)
            echo "fetch_data.sh: unknown option '$1' (--help lists them)" >&2
            exit 2
            ;;
    esac
done

locked() { awk -v key="$1" '$1 == key { print $2 }' "$lock"; }
package=$(locked package)
version=$(locked version)
integrity=$(locked integrity)
file=$(locked file)
file_sha256=$(locked file_sha256)

if [[ -z $to ]]; then
    cache=${XDG_CACHE_HOME:-}
    if [[ $cache != /* ]]; then # the XDG rule: a relative path is to be ignored
        cache="${HOME:?HOME is not set; use --to DIR}/.cache"
    fi
    to="$cache/stentor/github_events"
fi

say() { $quiet || echo "$*"; }

archive=${package#@}-$version.tgz # as npm pack names it
archive=${archive//\//-}

cannot() {
    cat >&2 <<TEXT
fetch_data.sh: cannot get $package $version: $1
What you can do:
  - with network and npm (Debian: apt-get install npm), run this again;
  - on a machine that has both: npm pack $package@$version
    then here: $0 --from $archive
  - replay events of your own instead: stentor_github_events --input FILE
TEXT
    exit 3
}

is_right() { [[ -f $1 ]] && echo "$file_sha256  $1" | sha256sum --check --status; }

if ! $force && is_right "$to/index.json"; then
    say "$package $version is in $to"
    exit 0
fi

# Everything happens in a folder beside the goal; the last step is one rename, so that an
# interrupted or a second run at the same time leaves no half a file.
mkdir -p "$to" || cannot "cannot make the folder $to"
if command -v flock >/dev/null; then # two runs at once: the second waits and finds what it wants
    exec 9<"$to"
    flock 9
    if ! $force && is_right "$to/index.json"; then
        say "$package $version is in $to"
        exit 0
    fi
fi
work=$(mktemp -d "$to/.fetch.XXXXXX") || cannot "cannot write to $to"
trap 'rm -rf "$work"' EXIT

if [[ -z $from ]]; then
    command -v npm >/dev/null || cannot "npm is not installed"
    echo "fetching $package $version into $to"
    if ! (cd "$work" && npm pack --loglevel error --fetch-retries 1 \
        --fetch-retry-mintimeout 2000 "$package@$version" >npm.out 2>npm.err); then
        noise='complete log|^npm (ERR!|error) *$'
        cannot "npm says: $(grep -v -E "$noise" "$work/npm.err" | head -n 3)"
    fi
    from=$(find "$work" -maxdepth 1 -name '*.tgz')
fi
[[ -f $from ]] || cannot "there is no file '$from'"

# npm writes the checksum in base 64, sha512sum in base 16.
wanted=$(echo "${integrity#sha512-}" | base64 --decode | od -An -vtx1 | tr -d ' \n')
actual=$(sha512sum "$from" | cut -d ' ' -f 1)
[[ $actual == "$wanted" ]] || cannot "'$from' is not the locked package: its checksum differs"

tar -xzf "$from" -C "$work" "$file" || cannot "'$from' cannot be unpacked"
is_right "$work/$file" || cannot "$file is not the locked one: its checksum differs"
mv "$work/$file" "$to/index.json"
say "$package $version is in $to"
