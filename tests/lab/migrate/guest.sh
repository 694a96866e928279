# Writes go on while the VF moves from one server to the other; then everything is read back.
. /moves
disk=/dev/nvme0n1
within 20 test -b $disk
must "the driver has bound and made $disk" test -b $disk
must "mkfs.ext4" mkfs.ext4 -q -F $disk 256M
must "mount" mount -t ext4 $disk /mnt

# data WRITER PASS: 8 MiB, of which each 32 bytes say the writer, the pass and the 4 KiB block they
# belong to: whatever is lost, stale or in the wrong place reads back as something else.
data() {
    awk -v writer="$1" -v pass="$2" 'BEGIN {
        for (block = 0; block < 2048; ++block) {
            text = sprintf("%-5s%13d%13d\n", writer, pass, block)
            for (i = 0; i < 7; ++i) text = text text
            printf "%s", text
        }
    }'
}

# Two writers, so that there is always something under way. Files are written over in place: a write
# that is lost leaves what an earlier pass wrote. The pass under way at the end is finished.
files=4
write_all() {
    local i=0
    while [ ! -e /tmp/stop ]; do
        i=$((i + 1))
        data "$1" $i >"/tmp/data.$1"
        dd if="/tmp/data.$1" of="/mnt/$1.$((i % files))" bs=64k conv=notrunc,fsync 2>/dev/null ||
            echo "$1.$i" >>/tmp/failed
        echo $i >"/tmp/pass.$1.$((i % files))"
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
for writer in one two; do
    passes=$(cat /tmp/written.$writer)
    count passes_$writer "$passes"
    must "$writer has written files over" test "$passes" -gt $files
done
must "unmount" umount /mnt
echo 3 >/proc/sys/vm/drop_caches
must "mount again" mount -t ext4 $disk /mnt
for file in /mnt/one.* /mnt/two.*; do
    name=$(basename "$file")
    pass=$(cat "/tmp/pass.$name")
    data "${name%.*}" "$pass" >/tmp/wanted
    does "$name holds what pass $pass wrote" cmp /tmp/wanted "$file"
done
umount /mnt
