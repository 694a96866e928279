# Linux has bound its own driver while it booted.
disk=/dev/nvme0n1
within 20 test -b $disk
must "the driver has bound and made $disk" test -b $disk
device=$(basename "$(readlink /sys/class/nvme/nvme0/device)")
nvme id-ctrl /dev/nvme0 >/tmp/id-ctrl 2>&1
cat /tmp/id-ctrl
is "Identify says HMLMS (OACS bit 11)" $((1 << 11)) $(($(field oacs) & 1 << 11))
is "and is that of an I/O controller of NVMe 2.3" "0x20300 1" "$(field ver) $(field cntrltype)"
for name in cmmrtd nmmrtd maxmrtg trattr mcudmq mnsudmq mcmr nmcmr mcdqpc; do
    does "Identify tells its $(echo $name | tr a-z A-Z)" test "$(($(field $name)))" -gt 0
done
does "the SMART log can be read" nvme smart-log /dev/nvme0
does "the error log can be read" nvme error-log /dev/nvme0
does "the firmware log can be read" nvme fw-log /dev/nvme0

read_back() { sha256sum /mnt/data | cut -d ' ' -f 1; }
mount_again() {
    echo 3 >/proc/sys/vm/drop_caches
    mount -t ext4 $disk /mnt
}

must "mkfs.ext4" mkfs.ext4 -q -F $disk
must "mount" mount -t ext4 $disk /mnt
dd if=/dev/urandom of=/tmp/data bs=1M count=64 2>/dev/null
written=$(sha256sum /tmp/data | cut -d ' ' -f 1)
must "64 MiB are written" dd if=/tmp/data of=/mnt/data bs=1M conv=fsync
does "unmount" umount /mnt
must "mount again" mount_again
is "64 MiB read back are what was written" "$written" "$(read_back)"
umount /mnt

must "nvme reset" nvme reset /dev/nvme0
within 20 grep -q live /sys/class/nvme/nvme0/state
is "the controller is live after its reset" live "$(cat /sys/class/nvme/nvme0/state)"
must "mount after the reset" mount_again
is "the data is still there" "$written" "$(read_back)"
umount /mnt

driver=/sys/bus/pci/drivers/nvme
echo "$device" >$driver/unbind
must "the driver lets go" test ! -e $disk
echo "$device" >$driver/bind
within 20 test -b $disk
must "the driver binds again" test -b $disk
must "mount after the second bind" mount_again
is "and the data is there" "$written" "$(read_back)"
umount /mnt
