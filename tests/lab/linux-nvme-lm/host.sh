# nvme-cli's `nvme lm` as a client of TP4159: suspend, state, resume, queues, tracking
host() {
    serve pf --functions pf || return
    start_guest "" -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -device "$(vfio_user rp1 pf)" || return
    follow
    stop_serving pf
}
