# Each function is alone behind its root port, so that it has an IOMMU group of its own.
functions='0000:01:00.0 0000:02:00.0 0000:03:00.0'
must "this kernel has iommufd" test -c /dev/iommu
for function in $functions; do
    vfio $function
    cdev=$(ls /sys/bus/pci/devices/$function/vfio-dev)
    must "$function has a character device of VFIO's" test -c "/dev/vfio/devices/$cdev"
done
# It takes what the kernel has: character devices.
tell lmsim_lab_holder $functions || fail "the holder ends well"

uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
echo $uuid >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create
must "mtty makes a device" test -e /sys/bus/mdev/devices/$uuid
for access in cdev group; do
    if lmsim hw compare mdev:$uuid --access $access >/tmp/compare 2>/tmp/errors; then
        pass "mtty by $access: 0 differences but its own"
    else
        fail "mtty by $access: exit code $?"
        grep -A 3 '^DIFFERENT' /tmp/compare
        cat /tmp/errors
    fi
    count "$access.calls" "$(sed -n 's/^\([0-9]*\) calls: .*/\1/p' /tmp/compare)"
done
cat /tmp/compare
