# nightly: a kernel with iommufd: conformance cases through VFIO's character devices, and mtty
# Three times the conformance cases, on a busy machine too.
guest_seconds=600
host() {
    need_holder
    put_program "$work/tree" "" "$holder" && put_program "$work/tree" "" "$program" || return
    serve nvme --functions pf,vf0,vf1 --case-limits || return
    start_three_functions nvme || return
    follow
    stop_serving nvme
}
