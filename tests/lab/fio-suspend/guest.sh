# fio writes at random and verifies a part of it again and again, until the other side is done.
# What shows that no command came twice or was lost: the controller's own count of commands (SMART)
# has grown by as many as the kernel's block layer saw completed, its own reads included. What shows
# that suspends met commands: samples of how many the block layer waited for, between the first and
# the last suspend, while the VF runs and while it is suspended. Not every suspend meets one.
disk=/dev/nvme0n1
within 20 test -b $disk
must "the driver has bound and made $disk" test -b $disk
# "READS WRITES", of the controller and of the block layer.
of_controller() {
    nvme smart-log /dev/nvme0 | tr -d , | awk '
        tolower($0) ~ /^host_?read_?commands/ { reads = $NF }
        tolower($0) ~ /^host_?write_?commands/ { writes = $NF }
        END { print reads, writes }'
}
of_kernel() { awk '{ print $1, $5 }' /sys/block/nvme0n1/stat; }
# less "READS WRITES" "READS WRITES"
less() { echo "$1 $2" | awk '{ print $1 - $3, $2 - $4 }'; }
controller_before=$(of_controller)
kernel_before=$(of_kernel)
fio --name=verify --filename=$disk --direct=1 --ioengine=libaio --iodepth=16 --bs=4k --size=64M \
    --rw=randwrite --verify=crc32c --verify_backlog=256 --verify_fatal=1 --time_based --runtime=1d \
    --eta=never --output-format=json --output=/tmp/fio.json &
fio=$!
sleep 1
note "fio runs"
while [ ! -e /tmp/done ]; do
    awk '{ print $1 + $2 }' /sys/block/nvme0n1/inflight
    sleep 0.02
done >/tmp/inflight &
sampler=$!
read -r answer <&3
must "fio runs until the last suspend" kill -0 $fio
touch /tmp/done
kill -INT $fio
wait $fio
wait $sampler
errors=$(sed -n 's/^ *"error" : \([0-9]*\),*/\1/p' /tmp/fio.json | head -n 1)
is "fio ends without an error" 0 "$errors"
# What is read is verified; the first of these is of reads, the second of writes.
sed -n 's/^ *"total_ios" : \([0-9]*\),*/\1/p' /tmp/fio.json >/tmp/ios
must "it has written" test "$(sed -n 2p /tmp/ios)" -gt 0
must "it has verified" test "$(sed -n 1p /tmp/ios)" -gt 0
count fio_writes "$(sed -n 2p /tmp/ios)"
count fio_verified "$(sed -n 1p /tmp/ios)"
kernel=$(less "$(of_kernel)" "$kernel_before")
is "the controller has done what the kernel saw completed: reads, writes" "$kernel" \
    "$(less "$(of_controller)" "$controller_before")"
samples=$(wc -l </tmp/inflight)
busy=$(awk '$1 > 0' /tmp/inflight | wc -l)
count device_reads "${kernel% *}"
count device_writes "${kernel#* }"
count inflight_samples "$samples"
count inflight_busy "$busy"
must "commands were under way in a quarter of the samples" test $((busy * 4)) -gt "$samples"
