# Linux's own driver: Identify, ext4, 64 MiB written and read back, reset, bound again
host() {
    if [ -n "${LMSIM_LAB_QEMU_NVME:-}" ]; then
        # The same script on QEMU's own controller: tells faults of the lab from ours.
        truncate -s 256M "$work/disk"
        start_guest "" -device pcie-root-port,id=rp1,chassis=1,slot=1 \
            -drive if=none,id=disk,format=raw,file="$work/disk" \
            -device nvme,bus=rp1,serial=lab0,drive=disk || return
    else
        serve pf --functions pf || return
        start_guest "" -device pcie-root-port,id=rp1,chassis=1,slot=1 \
            -device "$(vfio_user rp1 pf)" || return
    fi
    follow
    [ -z "${server:-}" ] || stop_serving pf
}
