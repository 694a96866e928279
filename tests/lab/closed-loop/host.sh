# Our own model through VFIO, a vIOMMU and QEMU's vfio-user: all cases, twice, and a VF that moves
host() {
    need_holder
    put_program "$work/tree" "" "$program" && put_program "$work/tree" "" "$holder" &&
        put_modules "$work/tree" vfio-pci vfio_iommu_type1 || return
    mkdir "$work/tree/scenarios" &&
        cp -r scenarios/hardware scenarios/jobs "$work/tree/scenarios/" &&
        "$program" conform --target model --json >"$work/tree/model.json" || return
    serve nvme --functions pf,vf0,vf1 --case-limits || return
    start_three_functions nvme || return
    follow
    stop_serving nvme
}
