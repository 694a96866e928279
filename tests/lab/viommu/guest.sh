# Each function is alone behind its root port, so that it has an IOMMU group of its own.
functions='0000:01:00.0 0000:02:00.0 0000:03:00.0'
for function in $functions; do
    vfio $function
    must "$function has an IOMMU group for VFIO" \
        test -e "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$function/iommu_group)")"
done
tell lmsim_lab_holder $functions || fail "the holder ends well"
