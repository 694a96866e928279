#!/usr/bin/env bash
# Fetches what the report takes from npm into .cache/report of the repository, as package-lock.json
# says and no other version. Says and does nothing on a second run. --prod: without the tests' part.
# Usage: viz/report/install.sh [--prod]     Exit: 0 ok, 2 usage, 4 no npm or it failed
set -euo pipefail
cd "$(dirname "$0")"
into=../../.cache/report

leave_out=
case ${1-} in
    '') ;;
    --prod) leave_out=dev ;;
    *)
        echo "viz/report/install.sh: unknown argument '$1'; known is --prod" >&2
        exit 2
        ;;
esac
mkdir -p "$into"
# Two builds at once: one fetches, the other finds it.
exec 9>"$into/lock"
flock 9
# What is there: the lock file that it was made from, and whether the tests' part is in it.
wanted="$(cat package-lock.json) $leave_out"
if [ -f "$into/installed" ] &&
    { [ "$(cat "$into/installed")" = "$wanted" ] ||
        [ "$(cat "$into/installed")" = "${wanted% dev} " ]; }; then
    exit 0
fi
if ! command -v npm >/dev/null; then
    echo "viz/report/install.sh: there is no npm; tools/setup installs it" >&2
    exit 4
fi
# Node knows its own authorities only; behind a proxy of one's own those of the system count.
trusted=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS-}" ] && [ -r "$trusted" ]; then
    export NODE_EXTRA_CA_CERTS=$trusted
fi
rm -f "$into/installed"
cp package.json package-lock.json .npmrc "$into/"
log=$into/npm.log
if ! (cd "$into" && npm ci --ignore-scripts ${leave_out:+--omit=$leave_out}) >"$log" 2>&1; then
    echo "viz/report/install.sh: npm ci failed:" >&2
    { grep -m 3 'npm ERR!\|npm error' "$log" || tail -n 3 "$log"; } | sed 's/^/    /' >&2
    exit 4
fi
printf '%s' "$wanted" >"$into/installed"
