# $qemu is the version of the QEMU around this guest.
pf=0000:01:00.0
lmsim() { /bin/lmsim "$@"; }

# line WORDS PATTERN: a line of the last command's output.
line() {
    if grep -q -e "$2" /tmp/out; then
        pass "QEMU $qemu: $1"
    else
        fail "QEMU $qemu: $1: no line '$2'"
        head -n 60 /tmp/out
    fi
}

# known STEP: what has failed is what known-differences says, no more and no less.
known() {
    sed -n "s/^$qemu $1 \([^ ]*\).*/\1/p" /known-differences | sort >/tmp/wanted
    sort -u /tmp/failed >/tmp/got
    if cmp -s /tmp/wanted /tmp/got; then
        pass "QEMU $qemu: $1: the known differences alone: $(wc -l </tmp/got)"
    else
        fail "QEMU $qemu: $1: other differences (-) than known ones (+)"
        diff -U 0 /tmp/got /tmp/wanted | grep '^[+-][^+-]'
        cat /tmp/out
    fi
}

probe_pf() {
    lmsim hw probe $pf >/tmp/out 2>&1
    is "QEMU $qemu: hw probe ends well" 0 $?
    cat /tmp/out
    line "hw probe names the model" 'model  *QEMU NVMe Ctrl'
    line "hw probe names the IOMMU group" 'IOMMU group  *[0-9]'
    line "hw probe says that TP4159 is not supported" \
        'TP4159: suspend.*no: OACS.HMLMS is 0; .*(41h).*Invalid Command Opcode'
    line "hw probe finds four VFs' controllers" 'VF 4, offline'
    is "QEMU $qemu: the kernel's driver has it again" nvme \
        "$(basename "$(readlink /sys/bus/pci/devices/$pf/driver)")"
}

# conform STEP OPTIONS...
conform() {
    local step=$1 code
    shift
    lmsim hw conform $pf "$@" >/tmp/out 2>&1
    code=$?
    [ $code -lt 2 ] || fail "QEMU $qemu: $step: exit code $code"
    sed -n 's/^FAILED \([^:]*\):.*/\1/p' /tmp/out >/tmp/failed
    tail -n 40 /tmp/out
    known "$step"
    line "$step says why TP4159 is left out" 'skipped [0-9]*: OACS.HMLMS is 0'
    count "$qemu.$step.passed" "$(sed -n 's/.*: \([0-9]*\) passed, .*/\1/p' /tmp/out)"
}

compare_pf() {
    local code
    lmsim hw compare $pf --count 1000 >/tmp/out 2>&1
    code=$?
    [ $code -lt 2 ] || fail "QEMU $qemu: hw compare: exit code $code"
    sed -n 's/^\([A-Z][A-Z0-9-]*\) \(status\|bytes\|order\|silence\): .*/\1:\2/p' /tmp/out \
        >/tmp/failed
    tail -n 40 /tmp/out
    known compare
    count "$qemu.compare.commands" "$(sed -n 's/.*: \([0-9]*\) commands compared.*/\1/p' /tmp/out)"
}

# The simulator with the profile of this device, in this boot: lmsim run and command by command.
calibrate_pf() {
    lmsim hw calibrate $pf --write --samples 300 --time 3s --sizes 4KiB,64KiB --out /tmp/profile \
        --verify >/tmp/out 2>&1
    is "QEMU $qemu: simulated medians are within 10 % of those measured" 0 $?
    cat /tmp/out
    does "QEMU $qemu: the profile says where it is from" grep -q 'QEMU NVMe Ctrl' /tmp/profile
}

vfs_are_gone() {
    is "QEMU $qemu: no VF is left" 0 "$(cat /sys/bus/pci/devices/$pf/sriov_numvfs)"
}

probe_pf
conform conform-pf --destructive
conform conform-vfs --sriov 2 --destructive
vfs_are_gone
compare_pf
calibrate_pf
