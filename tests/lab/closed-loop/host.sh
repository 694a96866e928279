# Our own model through VFIO, a vIOMMU and QEMU's vfio-user: all cases, twice, and a VF that moves
host() {
    need_holder
    put_program "$work/tree" "" "$program" && put_program "$work/tree" "" "$holder" &&
        put_modules "$work/tree" vfio-pci vfio_iommu_type1 || return
    mkdir "$work/tree/scenarios" &&
        cp -r scenarios/hardware scenarios/jobs "$work/tree/scenarios/" || return
    serve nvme --functions pf,vf0,vf1 --case-limits || return
    # Without the nvme driver, which would enable VFs that nobody has brought online yet.
    start_guest "intel_iommu=on iommu=nopt initcall_blacklist=nvme_init" \
        -device intel-iommu,intremap=on,caching-mode=on \
        -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -device pcie-root-port,id=rp2,chassis=2,slot=2 \
        -device pcie-root-port,id=rp3,chassis=3,slot=3 \
        -device "$(vfio_user rp1 nvme.pf)" -device "$(vfio_user rp2 nvme.vf0)" \
        -device "$(vfio_user rp3 nvme.vf1)" || return
    follow
    stop_serving nvme
}
