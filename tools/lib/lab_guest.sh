# Sourced by tools/lab: what a guest boots. Its initramfs is base.cpio, the same for all, and a
# second archive with the suite's own files behind it.

# base_initramfs FILE
base_initramfs() {
    local tree=$1.tree program
    mkdir -p "$tree"/{bin,dev,proc,sys,tmp,mnt,run,lib/modules}
    cp "$lab/emulator/usr/bin/busybox" "$tree/bin/"
    "$tree/bin/busybox" --list | grep -v -x busybox | while read -r program; do
        ln -sf busybox "$tree/bin/$program"
    done
    put_program "$tree" "$lab/emulator" usr/sbin/mke2fs &&
        put_program "$tree" "$lab/nvme-cli" usr/sbin/nvme &&
        ln -sf mke2fs "$tree/bin/mkfs.ext4" &&
        pack_tree "$tree" "$1" || return
    rm -rf "$tree"
}

pack_tree() { (cd "$1" && find . | "$lab/emulator/usr/bin/busybox" cpio -o -H newc) >"$2"; }

# put_program TREE ROOT PROGRAM: under its own name in TREE/bin, with its own libraries and loader:
# programs of several releases stand side by side. ROOT may be empty: a program of this machine.
put_program() {
    local tree=$1 root=$2 program=$3 name=${3##*/} loader=/lib64/ld-linux-x86-64.so.2 search=()
    if [ -n "$root" ]; then
        loader=$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
        search=(--library-path "${loader%/*}")
    fi
    mkdir -p "$tree/opt/$name" "$tree/bin"
    cp "${root:+$root/}$program" "$tree/opt/$name/$name" || return
    "$loader" "${search[@]}" --list "$tree/opt/$name/$name" |
        sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | xargs cp -Lt "$tree/opt/$name" || return
    cp -L "$loader" "$tree/opt/$name/ld.so"
    # busybox may have one of that name: a link to itself, which must not be written through.
    rm -f "$tree/bin/$name"
    printf '#!/bin/sh\nexec /opt/%s/ld.so --library-path /opt/%s /opt/%s/%s "$@"\n' \
        "$name" "$name" "$name" "$name" >"$tree/bin/$name"
    chmod 755 "$tree/bin/$name"
}

# put_modules TREE NAME...: with the modules that they need, unpacked.
put_modules() {
    local tree=$1 release file name
    shift
    release=$(kernel_release)
    mkdir -p "$tree/lib/modules"
    lab_program emulator usr/sbin/modprobe -d "$lab/kernel/usr" -S "$release" --all \
        --show-depends "$@" | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' |
        while read -r file; do
            name=$(basename "$file" .xz)
            "$lab/emulator/usr/bin/busybox" xzcat "$file" >"$tree/lib/modules/$name" || return
            echo "$name" >>"$tree/lib/modules/order"
        done
}

# On a busy machine emulated timers come late: the kernel must not take them for broken, nor measure
# the time stamp counter by them.
clocks='no_timer_check tsc=unstable'

# start_guest KERNEL-ARGUMENTS QEMU-ARGUMENTS...: in the background. What it prints goes to
# guest.log and to the screen; its second serial port is a line between the suite's two halves.
# The emulator is that of $lab/$emulator; the kernel the lab's own, or $kernel.
start_guest() {
    local arguments=$1 command cpu=max
    shift
    # Bookworm's emulator leaves rubbish in EFLAGS after a CMPXCHG16B: Linux does without.
    [ "$emulator" = emulator ] || cpu=max,-cx16
    pack_tree "$work/tree" "$work/suite.cpio" 2>/dev/null
    cat "$lab/base.cpio" "$work/suite.cpio" >"$work/initramfs"
    mkfifo "$work/line.in" "$work/line.out" "$work/screen"
    # Both ends are held open, so that neither side waits for the other to open its own.
    exec {line_in}<>"$work/line.in" {line_out}<>"$work/line.out"
    sed -u 's/\r//g; s/\x1b[^a-zA-Z]*[a-zA-Z]//g' <"$work/screen" |
        tee "$out/guest.log" | sed -u '/^guest: [a-z]* /d; s/^/    /' &
    screen=$!
    lab_command "$emulator" $lab_qemu
    timeout --kill-after=5 "$guest_seconds" "${command[@]}" \
        -machine q35,memory-backend=mem,kernel-irqchip=split \
        -object memory-backend-memfd,id=mem,size="$guest_memory",share=on \
        -accel tcg,thread=multi -cpu $cpu -smp 2 -nodefaults -display none -no-reboot \
        -serial stdio -chardev pipe,id=line,path="$work/line" -serial chardev:line \
        -kernel "${kernel:-$(echo "$lab"/kernel/boot/vmlinuz-*)}" -initrd "$work/initramfs" \
        -append "console=ttyS0 quiet panic=-1 mitigations=off $clocks $arguments" "$@" \
        </dev/null >"$work/screen" 2>&1 &
    guest=$!
    started_pids+=("$guest")
}

# vfio_user BUS SOCKET: QEMU's argument for a function that we serve.
vfio_user() {
    printf '{"driver":"vfio-user-pci","bus":"%s","socket":{"type":"unix","path":"%s"}}' \
        "$1" "$work/$2"
}

# start_three_functions NAME: a guest with the functions pf, vf0 and vf1 that `serve NAME` offers,
# behind an IOMMU, each with a root port and so a group of its own. Without the nvme driver, which
# would enable VFs that nobody has brought online yet.
start_three_functions() {
    start_guest "intel_iommu=on iommu=nopt initcall_blacklist=nvme_init" \
        -device intel-iommu,intremap=on,caching-mode=on \
        -device pcie-root-port,id=rp1,chassis=1,slot=1 \
        -device pcie-root-port,id=rp2,chassis=2,slot=2 \
        -device pcie-root-port,id=rp3,chassis=3,slot=3 \
        -device "$(vfio_user rp1 "$1.pf")" -device "$(vfio_user rp2 "$1.vf0")" \
        -device "$(vfio_user rp3 "$1.vf1")"
}
