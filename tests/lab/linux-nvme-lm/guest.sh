# Whatever the tool prints or exits with (its known faults are named below): what counts is what
# went over the wire, as the kernel's own trace of commands and completions has it.
pf=/dev/nvme0
within 20 test -c $pf
must "the driver has bound and made $pf" test -c $pf
mount -t tracefs tracefs /sys/kernel/tracing
trace=/sys/kernel/tracing/trace
echo 1 >/sys/kernel/tracing/events/nvme/enable

# Of the only command in /tmp/trace: "OPCODE CDW10 ... CDW15", all hexadecimal; for commands that
# the kernel knows its own words for them.
command_sent() {
    sed -n 's/.*nvme_setup_cmd: .* qid=0, .* cmd=(\(.*\)) *$/\1/p' /tmp/trace | awk '
        !/ cdw10=/ { print; next }
        {
            sub(" cdw10=", " ")
            line = $1
            for (i = 2; i <= 22; i += 4) {
                dword = $(i + 3) $(i + 2) $(i + 1) $i
                sub("^0*", "", dword)
                line = line " " (dword == "" ? "0" : dword)
            }
            print line
        }'
}
# "STATUS DW0".
completion() {
    sed -n '/nvme_complete_rq: .* qid=0, /{
        s/.* res=0x\([0-9a-f]*\), .* status=0x\([0-9a-f]*\) *$/\2 \1/p
    }' /tmp/trace
}

# wire WORDS SENT CAME ARGUMENTS...: nvme-cli with these arguments sends this and gets that.
wire() {
    local words=$1 sent=$2 came=$3
    shift 3
    echo >$trace
    nvme "$@" >/tmp/output 2>&1
    code=$?
    grep -E 'nvme_(setup_cmd|complete_rq)' $trace >/tmp/trace
    echo "nvme $*: exit code $code, $(command_sent) -> $(completion)"
    is "$words: sent" "$sent" "$(command_sent)"
    is "$words: came" "$came" "$(completion)"
}

nvme id-ctrl $pf >/tmp/id-ctrl
is "Identify says HMLMS (OACS bit 11)" $((1 << 11)) $(($(field oacs) & 1 << 11))

# A VF is offline after every reset of its PF.
vf=1
wire "bring controller $vf online" "nvme_admin_virtual_mgmt 10009 0 0 0 0 0" "0 0" \
    virt-mgmt $pf --cntlid=$vf --act=9

wire "suspend" "0x41 0 10001 0 0 0 0" "0 0" lm migration-send $pf --sel=0 --stype=1 --cntlid=$vf
# Faults: the file lacks the last dword of what came, and --numd is 0's based here.
wire "get state" "0x42 10000 1 0 0 0 e" "0 1" \
    lm migration-recv $pf --sel=0 --cntlid=$vf --csvi=1 --numd=14 --output-file=/tmp/state
is "the tool sees that it is suspended" 1 "$(grep -c 'Controller Suspended' /tmp/output)"
is "the state: version 0, CSATTR.CP, NVMECSS 2, without VSD" \
    "00 00 01 00 $(printf '00 %.0s' $(seq 12))02 00 00 00" \
    "$(hexdump -v -n 20 -e '1/1 "%02x "' /tmp/state | sed 's/ $//')"

# Faults: it sends CSVI 0 whatever --csvi is, and aborts after the command (exit code 134).
wire "set state without a format: Invalid Field" "0x41 30002 1 0 0 0 e" "2 0" \
    lm migration-send $pf --sel=2 --seq-ind=3 --cntlid=$vf --csvi=1 --numd=14 \
    --input-file=/tmp/state
wire "set state" "0x41 30002 10001 0 0 0 e" "0 0" \
    admin-passthru $pf --opcode=0x41 --cdw10=0x30002 --cdw11=0x10001 --cdw15=14 \
    --data-len=56 --write --input-file=/tmp/state
wire "resume" "0x41 1 1 0 0 0 0" "0 0" lm migration-send $pf --sel=1 --cntlid=$vf
wire "get state of a running controller" "0x42 10000 1 0 0 0 e" "0 0" \
    lm migration-recv $pf --sel=0 --cntlid=$vf --csvi=1 --numd=14 --output-file=/tmp/running
wire "suspend an unknown controller" "0x41 0 17000 0 0 0 0" "11f 0" \
    lm migration-send $pf --sel=0 --stype=1 --cntlid=0x7000
wire "set state of a running controller" "0x41 30002 10001 0 0 0 e" "11f 0" \
    admin-passthru $pf --opcode=0x41 --cdw10=0x30002 --cdw11=0x10001 --cdw15=14 \
    --data-len=56 --write --input-file=/tmp/state

# Fault: the queue's memory is gone when the tool ends, and the controller would write into what is
# somebody else's by then. So it does not end until the queue is deleted: its output is a full pipe.
mkfifo /tmp/pipe
exec 7<>/tmp/pipe
dd if=/dev/zero of=/tmp/pipe bs=64k count=1 2>/dev/null
echo >$trace
nvme lm create-cdq $pf --size=128 --cntlid=$vf --consent >/tmp/pipe 2>&1 &
creator=$!
must "create-cdq waits at its end" within 20 grep -q pipe_write /proc/$creator/wchan
grep -E 'nvme_(setup_cmd|complete_rq)' $trace >/tmp/trace
is "create-cdq: sent" "0x45 0 10001 80 0 0 0" "$(command_sent)"
queue=$(completion)
is "create-cdq: came" 0 "${queue% *}"
queue=$((0x${queue#* }))

# Fault: it gives 8 bytes to a command that answers with 512, and aborts over what that overwrites.
wire "get-cdq" "nvme_admin_get_features fid=0x21, sel=0x0, cdw11=0x$queue" "0 0" \
    lm get-cdq $pf --cdqid=$queue
wire "start logging" "0x3d 10000 $queue 0 0 0 0" "0 0" \
    lm track-send $pf --sel=0 --cdqid=$queue --start
wire "start again: refused" "0x3d 10000 $queue 0 0 0 0" "137 0" \
    lm track-send $pf --sel=0 --cdqid=$queue --start
wire "stop logging" "0x3d 0 $queue 0 0 0 0" "0 0" \
    lm track-send $pf --sel=0 --cdqid=$queue --stop
wire "set-cdq" "nvme_admin_set_features fid=0x21, sv=0x0, cdw11=0x8000000$queue" "0 0" \
    lm set-cdq $pf --cdqid=$queue --hp=1 --tpt=5
wire "get-cdq, what was set" "nvme_admin_get_features fid=0x21, sel=0x0, cdw11=0x$queue" \
    "0 8000000$queue" lm get-cdq $pf --cdqid=$queue
nvme get-feature $pf --feature-id=0x21 --cdw11=$queue --data-len=512 --raw-binary >/tmp/feature
is "its 512 bytes: HP 1, TPT 5" "512 01 00 00 00 05 00 00 00" \
    "$(wc -c </tmp/feature)$(hexdump -v -n 8 -e '1/1 " %02x"' /tmp/feature)"
wire "get-cdq of another queue" "nvme_admin_get_features fid=0x21, sel=0x0, cdw11=0x7" "137 0" \
    lm get-cdq $pf --cdqid=7
wire "delete-cdq" "0x45 1 $queue 0 0 0 0" "0 0" lm delete-cdq $pf --cdqid=$queue
wire "delete-cdq again: no such queue" "0x45 1 $queue 0 0 0 0" "137 0" \
    lm delete-cdq $pf --cdqid=$queue
dd bs=64k count=1 <&7 >/dev/null 2>&1
wait $creator
is "create-cdq's exit code" 0 $?
