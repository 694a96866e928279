# fio writes at random and verifies a part of it again and again, until the other side is done.
disk=/dev/nvme0n1
within 20 test -b $disk
must "the driver has bound and made $disk" test -b $disk
fio --name=verify --filename=$disk --direct=1 --ioengine=libaio --iodepth=16 --bs=4k --size=64M \
    --rw=randwrite --verify=crc32c --verify_backlog=256 --verify_fatal=1 --time_based --runtime=70 \
    --eta=never --output-format=json --output=/tmp/fio.json &
fio=$!
sleep 1
note "fio runs"
read -r answer <&3
kill -INT $fio
wait $fio
errors=$(sed -n 's/^ *"error" : \([0-9]*\),*/\1/p' /tmp/fio.json | head -n 1)
is "fio ends without an error" 0 "$errors"
# What is read is verified; the first of these is of reads, the second of writes.
sed -n 's/^ *"total_ios" : \([0-9]*\),*/\1/p' /tmp/fio.json >/tmp/ios
must "it has written" test "$(sed -n 2p /tmp/ios)" -gt 0
must "it has verified" test "$(sed -n 1p /tmp/ios)" -gt 0
count fio_writes "$(sed -n 2p /tmp/ios)"
count fio_verified "$(sed -n 1p /tmp/ios)"
