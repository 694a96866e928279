# lmsim hw borrows Linux's NVMe devices, is ended at 50 moments, gives them back; what it refuses
# On a busy machine fifty moments take minutes.
guest_seconds=600
host() {
    local ender=${program%/*}/tests/lab/lmsim_lab_ender port disks=() slots=()
    [ -x "$ender" ] || give_up "no program $ender (cmake --build --preset release)"
    put_program "$work/tree" "" "$program" && put_program "$work/tree" "" "$ender" &&
        put_modules "$work/tree" vfio-pci vfio_iommu_type1 || return
    for port in 1 2 3 4 5; do
        slots+=(-device pcie-root-port,id=rp$port,chassis=$port,slot=$port)
        yes "disk $port" | head -c 8M >"$work/disk$port"
        disks+=(-drive "if=none,id=disk$port,format=raw,file=$work/disk$port")
    done
    guest_memory=1G
    start_guest "intel_iommu=on iommu=nopt" \
        -device intel-iommu,intremap=on,caching-mode=on "${slots[@]}" "${disks[@]}" \
        -device nvme-subsys,id=subsystem,nqn=lab \
        -device nvme,id=pf,bus=rp1,serial=lab1,subsys=subsystem,$(sriov 4) \
        -device nvme-ns,bus=pf,drive=disk1,shared=off \
        -device nvme,bus=rp2,serial=lab2,drive=disk2 \
        -device nvme,bus=rp3,serial=lab3,drive=disk3 \
        -device nvme,bus=rp4,serial=lab4,drive=disk4 \
        -device nvme,bus=rp5,addr=0.0,multifunction=on,serial=lab5 \
        -device nvme,bus=rp5,addr=0.1,serial=lab6,drive=disk5 || return
    follow
}

# sriov VFS: the controller's own queues and vectors, and those for VFs.
sriov() {
    echo "sriov_max_vfs=$1,max_ioqpairs=16,msix_qsize=16,sriov_vq_flexible=8,sriov_vi_flexible=4"
}
