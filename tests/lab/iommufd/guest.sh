# Each function is alone behind its root port, so that it has an IOMMU group of its own.
pf=0000:01:00.0
vf0=0000:02:00.0
vf1=0000:03:00.0
sys=/sys/bus/pci/devices

# number NAME FILE: the first of this name in a result.
number() { sed -n "s/^ *\"$1\": \([0-9]*\)[,.]*[0-9]*,*$/\1/p" "$2" | head -n 1; }

# The two files by which VFIO gives a function away.
cdev() { echo "/dev/vfio/devices/$(ls "$sys/$1/vfio-dev")"; }
group() { echo "/dev/vfio/$(basename "$(readlink "$sys/$1/iommu_group")")"; }
is_open() { ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q -- "-> $1\$"; }
are_open() {
    local file
    for file; do
        is_open "$file" || return
    done
}

must "this kernel has iommufd" test -c /dev/iommu
for function in $pf $vf0 $vf1; do
    vfio $function
    must "$function has a character device of VFIO's" test -c "$(cdev $function)"
done
# It takes what the kernel has: character devices.
tell lmsim_lab_holder $pf $vf0 $vf1 || fail "the holder ends well"

# --- conformance, by each of the two ways
conform() { lmsim hw conform $pf --vf $vf0 --vf $vf1 --destructive --json "$@"; }
# conforms ACCESS OPENED OTHERS: OPENED gives the files that it must have open, OTHERS those that
# it must not.
conforms() {
    local access=$1 opened=$2 others=$3 program function since
    since=$(cut -d . -f 1 /proc/uptime)
    conform --access $access >/tmp/$access 2>/tmp/complaints &
    program=$!
    does "$access: the functions are opened as ${opened}s" \
        within 60 are_open "$($opened $pf)" "$($opened $vf0)" "$($opened $vf1)"
    is "$access: /dev/iommu is open" "$([ $opened = cdev ] && echo yes || echo no)" \
        "$(is_open /dev/iommu && echo yes || echo no)"
    for function in $pf $vf0 $vf1; do
        does "$access: $function is not opened as a $others" not is_open "$($others $function)"
    done
    wait $program
    is "$access: all conformance cases pass" 0 $?
    tail -n 5 /tmp/complaints
    is "$access: none fails" 0 "$(number failed /tmp/$access)"
    grep -B 12 -A 6 '"verdict": "failed"' /tmp/$access | head -n 40
    count "$access.passed" "$(number passed /tmp/$access)"
    count "$access.skipped" "$(number skipped /tmp/$access)"
    note "$access: $(($(cut -d . -f 1 /proc/uptime) - since)) s"
}
conforms cdev cdev group
conforms auto cdev group
conforms group group cdev
does "by groups it is as by character devices" cmp /tmp/cdev /tmp/group

# --- what is refused
for access in cdev group; do
    lmsim hw compare $pf --access $access --count 100000 >/dev/null 2>&1 &
    program=$!
    within 60 is_open "$($access $pf)" || fail "a program has $pf by $access"
    for other in cdev group; do
        refused "what somebody has by $access, by $other" 'somebody else has it, or its group' \
            lmsim hw conform $pf --access $other
    done
    kill -9 $program
    # As soon as the guardian has done what is left to do.
    does "after a kill it can be had again, by $access" \
        within 60 lmsim hw probe $pf --access $access
done
mv /dev/iommu /dev/away
refused "no /dev/iommu" 'CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV' \
    lmsim hw probe $pf --access cdev
does "without it auto takes groups" lmsim hw probe $pf
mv /dev/away /dev/iommu
chmod 600 /dev/iommu
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
chmod 666 "$(group $pf)" "$(cdev $pf)" /dev/vfio/vfio
refused "no right to /dev/iommu" '/dev/iommu: Permission denied; iommufd is needed' \
    su nobody -s /bin/sh -c "lmsim hw probe $pf --access cdev"

# --- borrowed and given back: it had no driver
unbound() { [ ! -e $sys/$1/driver ] && [ "$(cat $sys/$1/driver_override)" = '(null)' ]; }
echo $pf >$sys/$pf/driver/unbind
echo >$sys/$pf/driver_override
must "$pf has no driver" unbound $pf
does "it is borrowed by its character device" lmsim hw probe $pf --access cdev
does "and has no driver again" unbound $pf
lmsim hw compare $pf --access cdev --count 100000 >/dev/null 2>&1 &
program=$!
within 60 test -e $sys/$pf/vfio-dev && within 60 is_open "$(cdev $pf)" ||
    fail "a program has $pf by its character device"
kill -9 $program
does "whoever has it is killed: it has no driver again" within 60 unbound $pf

# --- mtty, which is emulated: no IOMMU is behind it
source=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
destination=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
for uuid in $source $destination; do
    echo $uuid >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create
    must "mtty makes the device $uuid" test -e /sys/bus/mdev/devices/$uuid
done
for access in cdev group; do
    if lmsim hw compare mdev:$source --access $access >/tmp/mtty.$access 2>/tmp/errors; then
        pass "mtty by $access: 0 differences but its own"
    else
        fail "mtty by $access: exit code $?"
        grep -A 3 '^DIFFERENT' /tmp/mtty.$access
        cat /tmp/errors
    fi
    count "mtty.$access.calls" "$(sed -n 's/^\([0-9]*\) calls: .*/\1/p' /tmp/mtty.$access)"
done
cat /tmp/mtty.cdev
does "by groups it answers as by character devices" cmp /tmp/mtty.cdev /tmp/mtty.group
does "mtty moves to another through states and data_fd" lmsim hw migrate \
    --source mdev:$source --destination mdev:$destination --access cdev
refused "a mediated device that is not there, by cdev" 'no such mediated device' \
    lmsim hw compare mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1003 --access cdev
