# Writes go on while the VF moves from one server to the other; then everything is read back.
. /moves
disk=/dev/nvme0n1
within 20 test -b $disk
must "the driver has bound and made $disk" test -b $disk
must "mkfs.ext4" mkfs.ext4 -q -F $disk 256M
must "mount" mount -t ext4 $disk /mnt
dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null

# Two writers, so that there is always something under way.
write_all() {
    local i=0
    while [ ! -e /tmp/stop ]; do
        i=$((i + 1))
        dd if=/tmp/data of="/mnt/$1.$((i % 8))" bs=64k count=128 conv=fsync 2>/dev/null ||
            echo "$1.$i" >>/tmp/failed
        echo $i >"/tmp/written.$1"
    done
}
write_all one &
one=$!
write_all two &
two=$!
move=0
while [ $move -lt "$moves" ]; do
    move=$((move + 1))
    before=$(cat /tmp/written.one 2>/dev/null)
    note "move $move"
    sleep 0.7
    # Writes are finished that began before.
    within 20 sh -c '[ "$(cat /tmp/written.one 2>/dev/null)" != "$0" ]' "$before" ||
        fail "writes go on after move $move"
done
touch /tmp/stop
wait $one $two
is "no write failed" "" "$(cat /tmp/failed 2>/dev/null)"
count writes $(($(cat /tmp/written.one) + $(cat /tmp/written.two)))
must "unmount" umount /mnt
echo 3 >/proc/sys/vm/drop_caches
must "mount again" mount -t ext4 $disk /mnt
wanted=$(sha256sum /tmp/data | cut -d ' ' -f 1)
for file in /mnt/one.* /mnt/two.*; do
    got=$(sha256sum "$file" | cut -d ' ' -f 1)
    is "$(basename "$file") holds what was written" "$wanted" "$got"
done
umount /mnt
