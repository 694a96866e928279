# Sourced by tools/lab: runs one suite and says how it went. A suite is tests/lab/NAME/host.sh,
# whose function `host` runs here, and mostly guest.sh, which runs in the guest; both say `pass`,
# `fail`, `count` and `note`.
# What a guest takes 10 s for on an idle machine; more than that only ends what hangs.
guest_seconds=240
guest_memory=512M
# Or emulator-7.2, whose NVMe device has SR-IOV; vfio-user-pci is only in the newer.
emulator=emulator
checks=0
failures=0
counts=()

pass() {
    : $((checks += 1))
    echo "ok      $*"
}
fail() {
    : $((checks += 1)) $((failures += 1))
    echo "FAILED  $*"
}
note() { echo "        $*"; }
count() {
    counts+=("$1 $2")
    note "$1 = $2"
}
# is WORDS WANTED GOT
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1: expected '$2', got '$3'"; fi; }

# holder: the program of ours that the suites run in guests; built beside lmsim.
need_holder() {
    holder=${program%/*}/tests/lab/lmsim_lab_holder
    [ -x "$holder" ] || give_up "no program $holder (cmake --build --preset release)"
}

# serve NAME ARGUMENTS...: `lmsim serve` on the socket $work/NAME, until the suite ends. Several
# functions make several sockets, $work/NAME.pf and so on.
serve() {
    local name=$1 tries functions=pf word before='' lines
    shift
    for word in "$@"; do
        [ "$before" != --functions ] || functions=$word
        before=$word
    done
    functions=${functions//[!,]/}
    timeout --kill-after=5 $((guest_seconds + 20)) "$program" serve --socket "$work/$name" "$@" \
        </dev/null >"$out/$name.log" 2>&1 &
    server=$!
    started_pids+=("$server")
    for ((tries = 0; tries < 100; ++tries)); do
        # One line for each function: one more than commas. The log may not be there yet.
        lines=$(grep -c '^listening at ' "$out/$name.log" 2>/dev/null)
        [ "${lines:-0}" -le ${#functions} ] || return 0
        kill -0 $server 2>/dev/null || break
        sleep 0.1
    done
    tail -n 5 "$out/$name.log" >&2
    fail "lmsim serve offers a socket for each function"
    return 1
}

# stop_serving NAME: what it says at its end becomes a count.
stop_serving() {
    kill $server 2>/dev/null
    wait $server
    is "lmsim serve ends well" 0 $?
    count "$1.messages" "$(sed -n 's/^\([0-9]*\) messages$/\1/p' "$out/$1.log")"
}

# follow [FUNCTION]: what the guest says on its line, until it ends. FUNCTION gets every `note`.
follow() {
    local on_note=${1:-:} line='' part over=no state=0
    while [ $over = no ] || [ $state -eq 0 ]; do
        kill -0 "$guest" 2>/dev/null || over=yes
        part=''
        IFS= read -r -t 0.5 -u "$line_out" part
        state=$?
        line+=$part
        # Half a line so far: the rest comes with the next read.
        [ $state -eq 0 ] || continue
        line=${line%$'\r'}
        case $line in
            'pass '*) pass "${line#pass }" ;;
            'fail '*) fail "${line#fail }" ;;
            'count '*) count ${line#count } ;;
            'note '*)
                note "${line#note }"
                $on_note "${line#note }"
                ;;
            end) guest_ended=yes ;;
        esac
        line=''
    done
    wait "$guest"
    state=$?
    wait "$screen"
    if [ $state -eq 124 ] || [ $state -eq 137 ]; then
        fail "the guest ends within $guest_seconds s"
    elif [ $state -ne 0 ]; then
        fail "QEMU ends well: its exit code is $state"
    fi
    [ "${guest_ended:-no}" = yes ] || fail "the guest gets to the end of its script"
}

end_started() {
    local pid
    for pid in "${started_pids[@]}"; do
        kill "$pid" 2>/dev/null
    done
    wait "${started_pids[@]}" 2>/dev/null
    rm -rf "$work"
}

# run_suite NAME
run_suite() {
    local name=$1 before word=passed
    suite=tests/lab/$name
    [ -n "${out:-}" ] || out=$(mktemp -d) || give_up "cannot write to ${TMPDIR:-/tmp}"
    mkdir -p "$out" || give_up "cannot write to $out"
    # Short, whatever TMPDIR says: a socket's path has 107 bytes.
    work=$(mktemp -d /tmp/lmsim-lab-XXXXXX) || give_up "cannot write to /tmp"
    started_pids=()
    trap 'trap - EXIT INT TERM; end_started; [ -n "${keep:-}" ] || rm -rf "$out"' EXIT
    trap 'exit 130' INT TERM
    mkdir -p "$work/tree"
    cp tests/lab/guest/* "$work/tree/"
    [ ! -e "$suite/guest.sh" ] || cp "$suite/guest.sh" "$work/tree/suite.sh"
    before=$SECONDS
    source "$suite/host.sh"
    host || [ $failures -gt 0 ] || fail "the suite's part on this side ends well"
    [ $checks -gt 0 ] || fail "the suite checks something"
    # What explains a failure stays, asked for or not.
    [ $failures -eq 0 ] || word=FAILED keep=yes
    # Versions of what was asked are part of the answer.
    {
        cat "$lab/versions" ${more_versions:+"$more_versions"}
        echo "lmsim $("$program" --version 2>/dev/null | awk '{ print $NF; exit }')"
    } >"$out/versions"
    write_result "$name" "$word" $((SECONDS - before)) >"$out/result.json"
    echo
    sed 's/^/    /' "$out/versions"
    [ ${#counts[@]} -eq 0 ] || printf '    %s\n' "${counts[@]}"
    echo "$name $word after $((SECONDS - before)) s: $checks checks, $failures failed"
    [ -z "${keep:-}" ] || echo "    logs are in $out"
    [ $failures -eq 0 ]
}

write_result() {
    printf '{\n  "schema": 1,\n  "suite": "%s",\n  "outcome": "%s",\n' "$1" "${2,,}"
    printf '  "seconds": %d,\n  "checks": %d,\n  "failed": %d,\n' "$3" "$checks" "$failures"
    printf '  "counts": {%s},\n' \
        "$([ ${#counts[@]} -eq 0 ] || printf '%s\n' "${counts[@]}" | pairs)"
    printf '  "versions": {%s}\n}\n' "$(pairs <"$out/versions")"
}
# pairs: lines of a name and a value, as the inside of a JSON object.
pairs() {
    sed 's/\\/\\\\/g; s/"/\\"/g; s/^\([^ ]*\) \(.*\)/"\1": "\2"/
        s/: "\([0-9]*\)"$/: \1/; $!s/$/, /' | tr -d '\n'
}
