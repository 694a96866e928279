# The first has SR-IOV; each is alone behind its root port, but the last: two in one group.
pf=0000:01:00.0
others='0000:02:00.0 0000:03:00.0 0000:04:00.0'
pair=0000:05:00
sys=/sys/bus/pci/devices
moments=50
seed=20

# A PF is reset when it is closed, while Linux puts its VFs to sleep, which were closed before it;
# and devices that are taken away are missed, one of them maybe before its program listens.
cat >>/known-lines <<'END'
vfio-pci 0000:01:00.[12]: Unable to change power state from D0 to D3hot, device inaccessible$
vfio-pci 0000:02:00.0: No device request channel registered, blocked until released by user$
nvme nvme[0-9]+: Device not ready; aborting (initialisation|reset), CSTS=0xffffffff$
END

driver() { basename "$(readlink "$sys/$1/driver")"; }
group() { basename "$(readlink "$sys/$1/iommu_group")"; }
# What the kernel's driver calls its disk; nvme0c0n1 is a path to nvme0n1.
disk() { basename "$sys/$1"/nvme/nvme*/nvme*n1 | sed 's/c[0-9]*n/n/'; }
has_disk() { [ -b "/dev/$(disk "$1")" ]; }
reads() {
    within 20 has_disk "$1" &&
        dd if="/dev/$(disk "$1")" bs=4096 count=16 iflag=direct 2>/dev/null | grep -q "^disk "
}
openers() { ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c "/dev/vfio/$(group "$1")\$"; }
is_back() {
    [ "$(driver "$1")" = nvme ] && [ "$(cat "$sys/$1/driver_override")" = '(null)' ] &&
        [ "$(openers "$1")" = 0 ] && [ "$(cat "$sys/$1/sriov_numvfs" 2>/dev/null || echo 0)" = 0 ]
}
now_ms() { sed 's/\.\([0-9]*\) .*/\10/' /proc/uptime; }

hold() { lmsim hw conform "$@"; }
# For as long as a test needs.
keep() { lmsim hw compare "$@" --count 100000; }

# Each is idle, and has its data.
for function in $pf $others $pair.1; do
    must "$function is Linux's, and readable" reads $function
done

# --- what is refused, and leaves all as it was
two=${others%% *}
refused "no address" 'is no PCI address; expected one like' hold nvme0
refused "a function that is not there" 'there is no such PCI function; NVMe controllers are' \
    hold 0000:09:00.0
refused "VFs without SR-IOV" "$two: it has no SR-IOV" hold $two --sriov 2
refused "more VFs than there can be" 'it can have 4 VFs at most' hold $pf --sriov 5
refused "a group with others in it" "in it are $pair.1 (nvme)" hold $pair.0
mkfs.ext4 -q "/dev/$(disk $two)" && mount -t ext4 "/dev/$(disk $two)" /mnt
refused "a disk that is mounted" "$(disk $two) is mounted at /mnt" hold $two
umount /mnt
mkswap "/dev/$(disk $two)" >/dev/null && swapon "/dev/$(disk $two)"
refused "swap space" "$(disk $two) is swap space" hold $two
swapoff "/dev/$(disk $two)"
yes 'disk 2' | dd of="/dev/$(disk $two)" bs=4096 count=64 2>/dev/null
mv /dev/vfio/vfio /dev/vfio/away
refused "no /dev/vfio/vfio" '/dev/vfio/vfio: No such file or directory; this kernel' hold $two
mv /dev/vfio/away /dev/vfio/vfio
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
refused "no right" "driver_override must be written: Permission denied; run this as root" \
    su nobody -s /bin/sh -c "lmsim hw conform $two"
rmmod vfio-pci
refused "no module" 'vfio-pci is not loaded, and modprobe vfio-pci did not help' hold $two
insmod /lib/modules/vfio-pci.ko
# Without a driver: nobody has brought it online.
echo 0 >$sys/$pf/sriov_drivers_autoprobe
echo 1 >$sys/$pf/sriov_numvfs
refused "a PF with VFs" "$pf: it has VFs already: 0000:01:00.1" hold $pf
echo 0 >$sys/$pf/sriov_numvfs
echo 1 >$sys/$pf/sriov_drivers_autoprobe
for function in $pf $others; do
    does "$function is Linux's after all refusals" is_back $function
done

# --- how long one takes that nobody ends
start=$(now_ms)
hold $pf --sriov 2 >/tmp/whole 2>&1
code=$?
longest=$(($(now_ms) - start))
[ $code = 0 ] || [ $code = 1 ] || { fail "a whole run: exit code $code"; grep lmsim /tmp/whole; }
count whole-run-ms $longest
# Most of what is set up and taken down happens in the beginning.
[ $longest -lt 4000 ] || longest=4000
does "the PF is Linux's after a whole run with VFs" is_back $pf
does "$pf is readable" reads $pf

# --- ended at random moments, four at a time
# Moments are counted from when Linux's driver gives the function up. One counts if it did not have
# it at the signal either, and the signal was what ended the program: another is drawn again, and
# all must be well there too.
# ends FUNCTION SEED MOMENTS ARGUMENTS...: a line for each that is not well.
ends() {
    local bdf=$1 state=$2 left=$3 tries=$((10 * $3)) moment number how where
    shift 3
    while [ $left -gt 0 ] && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        state=$(((state * 1103515245 + 12345) % 2147483648))
        moment=$((state / 1024 % longest))
        number=$((left % 2 == 0 ? 2 : 9))
        how=$(lmsim_lab_ender $moment $number $sys/$bdf/driver lmsim hw conform $bdf "$@" \
            2>/tmp/err.$bdf | tail -n 1)
        where=outside
        case "$number $how" in
            '2 signal 2 nvme' | '2 exit 130 nvme' | '9 signal 9 nvme' | *' early '[01]) ;;
            # Its report was there already: that is the exit code then.
            '2 exit '[01]' '*) ;;
            # It had given the function back already, and was about to end.
            '9 exit '[01]' nvme') ;;
            '2 exit 130 '* | '9 signal 9 '*) where=inside ;;
            *) echo "$bdf, $number after $moment ms: $how; $(cat /tmp/err.$bdf)" ;;
        esac
        echo "$where $how" >>/tmp/how
        # After SIGINT at once; after SIGKILL as soon as the guardian has done it.
        if [ $number = 2 ]; then is_back $bdf; else within 30 is_back $bdf; fi ||
            echo "$bdf, $number after $moment ms ($how): it has $(driver $bdf)," \
                "$(cat $sys/$bdf/driver_override), $(openers $bdf) have its group open"
        reads $bdf || echo "$bdf, $number after $moment ms ($how): it cannot be read"
        [ $where = outside ] || left=$((left - 1))
    done
}
start=$(now_ms)
ends $pf $seed 14 --sriov 2 >/tmp/ends.1 &
number=1
for function in $others; do
    number=$((number + 1))
    ends $function $((seed + number)) 12 >/tmp/ends.$number &
done
wait
cat /tmp/ends.* >/tmp/bad
[ ! -s /tmp/bad ] || cat /tmp/bad
ended() { grep -c "^$1" /tmp/how; }
is "moments at which something went wrong, of $(ended '')" 0 "$(wc -l </tmp/bad)"
is "moments in the middle: SIGINT" $((moments / 2)) "$(ended 'inside exit 130')"
is "moments in the middle: SIGKILL" $((moments / 2)) "$(ended 'inside signal 9')"
count inside-ms $(($(now_ms) - start))
count inside.sigint "$(ended 'inside exit 130')"
count inside.sigkill "$(ended 'inside signal 9')"
count outside "$(ended outside)"
count outside.early "$(ended 'outside early')"

# --- guardian and program both killed
pids() {
    for comm in /proc/[0-9]*/comm; do
        grep -q "^$1" $comm 2>/dev/null && basename ${comm%/comm}
    done
}
held() { [ "$(openers "$1")" != 0 ]; }
lmsim hw compare $pf --sriov 2 --count 100000 >/dev/null 2>&1 &
program=$!
within 20 held 0000:01:00.1 || fail "the program has a VF open"
# It must not come to its end meanwhile.
kill -STOP $program
refused "what somebody has open" 'somebody else has it, or its group, open' hold $pf
refused "a VF without its token" 'opens only with the VF token of whoever has' hold 0000:01:00.1
refused "to release what somebody has open" 'open through VFIO; end him first' \
    lmsim hw release $pf
kill -9 $(pids lmsim-guardian) $program
within 20 not held $pf
is "without a guardian a function stays with" vfio-pci "$(driver $pf)"
is "and so do its VFs" 2 "$(cat $sys/$pf/sriov_numvfs)"
does "lmsim hw release" lmsim hw release $pf
cat /tmp/output
does "$pf is Linux's again" is_back $pf
does "$pf is readable again" reads $pf
does "lmsim hw release of what is Linux's" lmsim hw release $pf
is "it says so" "$pf: nothing to give back: the driver nvme has it" "$(cat /tmp/output)"

# --- taken away in the middle
# troubled WORDS PART FUNCTION COMMAND...: a program has it while COMMAND is done.
troubled() {
    local words=$1 part=$2 bdf=$3 program code
    shift 3
    (keep $bdf >/tmp/troubled 2>&1; echo $? >/tmp/troubled.code) &
    program=$!
    within 20 held $bdf || fail "$words: a program has it"
    "$@"
    wait $program
    code=$(cat /tmp/troubled.code)
    if [ $code = 4 ] && grep -q "$part" /tmp/troubled; then
        pass "$words: said, and exit code 4"
    else
        fail "$words: exit code $code, '$(tail -n 5 /tmp/troubled)'"
    fi
}
remove() { echo 1 >$sys/$two/remove; }
troubled "a function that is removed" "$two: the kernel wants it back" $two remove
echo 1 >/sys/bus/pci/rescan
does "$two is back on the bus, and readable" reads $two
