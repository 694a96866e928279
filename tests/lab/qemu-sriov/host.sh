# PF and VFs of QEMU's own NVMe device, which nobody here wrote, in two QEMUs: hw probe, hw conform
# and hw compare in the guest, through its kernel's VFIO and a vIOMMU
guest_memory=1G

host() {
    put_program "$work/tree" "" "$program" &&
        put_modules "$work/tree" vfio-pci vfio_iommu_type1 || return
    cp tests/lab/qemu-sriov/known-differences "$work/tree/"
    cat tests/lab/qemu-sriov/known-lines >>"$work/tree/known-lines"
    truncate -s 64M "$work/disk"
    in_qemu 7.2 emulator-7.2 && in_qemu 11.1 emulator
}

# in_qemu VERSION FOLDER: a guest of its own, whose script gets the version as $qemu.
in_qemu() {
    note "QEMU $1"
    emulator=$2
    guest_ended=no
    rm -f "$work"/line.in "$work"/line.out "$work/screen"
    start_guest "intel_iommu=on iommu=nopt qemu=$1" \
        -device intel-iommu,intremap=on,caching-mode=on \
        -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -drive "file=$work/disk,format=raw,if=none,id=disk" \
        -device nvme-subsys,id=subsystem,nqn=lab \
        -device "nvme,bus=rp1,serial=lab0,subsys=subsystem,sriov_max_vfs=4,$resources" \
        -device nvme-ns,drive=disk,bus=nvme0 || return
    follow
    mv "$out/guest.log" "$out/guest-$1.log"
}
resources=id=nvme0,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=16,msix_qsize=16
