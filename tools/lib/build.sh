# Sourced by tools/*: headings with the time so far, and a quiet configure.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
started=$SECONDS

heading() {
    local so_far=$((SECONDS - started))
    printf '\n== %s (after %d:%02d)\n' "$*" $((so_far / 60)) $((so_far % 60))
}

# configure PRESET [CMAKE ARGUMENTS...]: says something only when it fails.
configure() {
    local output
    if ! output=$(cmake --preset "$@" 2>&1); then
        printf '%s\n' "$output" >&2
        return 1
    fi
}

# build PRESET [TARGET...]: one line of progress on a terminal, only failures in a log.
build() {
    local arguments=(--build --preset "$1")
    [ $# -lt 2 ] || arguments+=(--target "${@:2}")
    if [ -t 1 ]; then
        cmake "${arguments[@]}"
    else
        cmake "${arguments[@]}" -- --quiet
    fi
}
