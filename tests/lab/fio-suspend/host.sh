# fio verifies what it writes while its VF is suspended and resumed 100 times through the PF
times=100

on_note() {
    case $1 in
        'fio runs')
            "$program" drive --target "vfio-user:$work/device" --json suspend-resume --vf 0 \
                --times $times --pause 20ms >"$out/drive.json" 2>"$out/drive.log"
            drive=$?
            echo done >&"$line_in"
            ;;
    esac
}

# of PART FIELD: out of what `lmsim drive --json` said.
of() { tr -d ' \n' <"$out/drive.json" | sed -n "s/.*\"$1\":{[^}]*\"$2\":\([0-9]*\).*/\1/p"; }

host() {
    command -v fio >/dev/null || give_up "no fio (tools/setup)"
    put_program "$work/tree" "" "$(command -v fio)"
    # A drive with latencies, so that commands are under way whenever the VF is suspended.
    serve device --functions pf,vf0 --scenario scenarios/quickstart.toml || return
    start_guest "" -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -device "$(vfio_user rp1 device.vf0)" || return
    follow on_note
    is "lmsim drive ends well" 0 "${drive:-not started}"
    [ "${drive:-1}" -eq 0 ] || cat "$out/drive.log"
    is "it has suspended and resumed so often" $times \
        "$(tr -d ' \n' <"$out/drive.json" | sed -n 's/.*"times":\([0-9]*\).*/\1/p')"
    count suspends $times
    count suspend_max_us "$(of suspend max_us)"
}
