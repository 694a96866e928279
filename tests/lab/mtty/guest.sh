# Two devices, so that one can be moved to the other.
source=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
destination=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
absent=83b8f4f2-509f-382f-3c1e-e6bfe0fa1003
for uuid in $source $destination; do
    echo $uuid >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create
    must "mtty makes the device $uuid" test -e /sys/bus/mdev/devices/$uuid
done

compare() { lmsim hw compare "$@" >/tmp/compare 2>/tmp/errors; }

count_them=''
# compared WORDS ARGUMENTS...
compared() {
    local words=$1 calls rest
    shift
    if compare "$@"; then
        pass "$words: 0 differences but mtty's own"
    else
        fail "$words: exit code $?"
        grep -A 3 '^DIFFERENT' /tmp/compare
        cat /tmp/errors
    fi
    calls=$(sed -n 's/^\([0-9]*\) calls: .*/\1/p' /tmp/compare)
    rest=$(sed -n 's/^[0-9]* calls: \([0-9]*\) answered alike, \([0-9]*\) its own, .*/\1 \2/p' \
        /tmp/compare)
    is "$words: 1000 calls and more were made" yes "$([ "${calls:-0}" -ge 1000 ] && echo yes)"
    [ -z "$count_them" ] || return 0
    count_them=no
    count compare.calls "${calls:-0}"
    count compare.alike "${rest% *}"
    count compare.own "${rest#* }"
}

compared "states, data_fd and errors" mdev:$source
cat /tmp/compare
# Its own, each once: a drained stream; a second START; no bitmaps; no feature 12 before 7.2.
is "differences that are mtty's or this kernel's" 4 "$(grep -c '^its own, ' /tmp/compare)"
compared "a second time in the same boot" mdev:$source
does "JSON" lmsim hw compare mdev:$source --json
is "its schema" 1 "$(grep -c '"schema": "lmsim/hw-compare-vfio/1"' /tmp/output)"

compare mdev:$absent
is "a device that is not there: exit code" 4 $?
is "and the reason" 1 "$(grep -c 'no such mediated device' /tmp/errors)"
compare mdev:$source --access cdev
is "a kernel without iommufd: exit code" 4 $?
is "and the reason" 1 "$(grep -c 'CONFIG_IOMMUFD' /tmp/errors)"

if lmsim hw --help | grep -q '^  migrate '; then
    does "mtty moves to another through states and data_fd" \
        lmsim hw migrate --source mdev:$source --destination mdev:$destination
    cat /tmp/output
fi
