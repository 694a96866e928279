# A whole migration: the guest's VF moves between two servers, there and back, while it is used
moves=6

# The guest asks for a move in the midst of its writes.
on_note() {
    case $1 in
        'move '*) echo move >&"$orders" ;;
    esac
}

host() {
    local tries moved bytes longest side
    # Shared storage: one file behind both. The drive is slow enough to have commands under way.
    for side in a b; do
        serve $side --functions vf0 --scenario scenarios/quickstart.toml \
            --media "$work/disk" || return
    done
    mkfifo "$work/orders"
    exec {orders}<>"$work/orders"
    timeout --kill-after=5 $((guest_seconds + 20)) "$program" relay --socket "$work/guest" \
        --from "$work/a" --to "$work/b" <"$work/orders" >"$out/relay.log" 2>&1 &
    started_pids+=($!)
    for ((tries = 0; tries < 100; ++tries)); do
        [ ! -S "$work/guest" ] || break
        sleep 0.1
    done
    echo "moves=$moves" >"$work/tree/moves"
    start_guest "" -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -device "$(vfio_user rp1 guest)" || return
    follow on_note
    sed 's/^/    /' "$out/relay.log"
    moved=$(grep -c '^moved to ' "$out/relay.log")
    is "the function has moved so often" $moves "$moved"
    is "no move failed" 0 "$(grep -c '^not moved' "$out/relay.log")"
    bytes=$(sed -n 's/^moved to .*: \([0-9]*\) bytes.*/\1/p' "$out/relay.log" | tail -n 1)
    longest=$(sed -n 's/^moved to .*, \([0-9]*\) us$/\1/p' "$out/relay.log" | sort -n | tail -n 1)
    count moves "$moved"
    count state_bytes "${bytes:-0}"
    count longest_move_us "${longest:-0}"
}
