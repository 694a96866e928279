# nightly: a kernel with iommufd: conformance cases through VFIO's character devices, and mtty
host() {
    need_holder
    put_program "$work/tree" "" "$holder" && put_program "$work/tree" "" "$program" || return
    serve nvme --functions pf,vf0,vf1 --case-limits || return
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
