# the kernel's own VFIO migration (mtty): each state, data_fd and error beside the model's
host() {
    put_program "$work/tree" "" "$program" && put_mtty "$work/tree" || return
    start_guest "" || return
    follow
}
