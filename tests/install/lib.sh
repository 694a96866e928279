# Sourced by tests/install/run and its parts.
checks=0
say() { printf '%s\n' "$*"; }
fail() {
    printf 'tests/install: %s\n' "$*" >&2
    exit 1
}
# show WHAT LOG: fails, with the end of the log.
show() {
    tail -n 30 "$2" >&2
    fail "$1"
}
# try WORDS COMMAND
try() {
    : $((checks += 1))
    eval "$2" || fail "$1"
}
in_folder() (
    cd "$1" && shift && "$@"
)
# expect_lines LOG TEXT COMMAND...: it ends well, and says that.
expect_lines() {
    local log=$1 text=$2
    shift 2
    : $((checks += 1))
    "$@" >"$log" 2>&1 </dev/null || show "$* ends with $?" "$log"
    grep -q -F -e "$text" "$log" || show "$* does not say: $text" "$log"
}
