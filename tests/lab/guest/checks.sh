# Sourced in the guest: what a suite's guest.sh says goes over the line to the other side.
say() {
    echo "guest: $*"
    echo "$*" >&4
}
pass() { say "pass $*"; }
fail() { say "fail $*"; }
note() { say "note $*"; }
count() { say "count $1 $2"; }

# is WORDS WANTED GOT
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1: expected '$2', got '$3'"; fi; }

# does WORDS COMMAND...: its output is shown if it fails.
does() {
    local words=$1
    shift
    if "$@" >/tmp/output 2>&1; then
        pass "$words"
    else
        fail "$words: exit code $?"
        tail -n 20 /tmp/output
        return 1
    fi
}

not() { ! "$@"; }

# refused WORDS PART COMMAND...: exit code 4, and PART in what it says.
refused() {
    local words=$1 part=$2 code
    shift 2
    "$@" >/tmp/refused 2>&1
    code=$?
    if [ $code = 4 ] && grep -q -F "$part" /tmp/refused; then
        pass "refused: $words"
    else
        fail "refused: $words: exit code $code, '$(tail -n 3 /tmp/refused)'"
    fi
}

# within SECONDS COMMAND...: until it is true.
within() {
    local left=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.1
    done
}

# field NAME: of the last Identify Controller, as nvme-cli prints it.
field() { sed -n "s/^$1  *: *//p" /tmp/id-ctrl; }

# must WORDS COMMAND...: without it, the rest of the suite would say nothing.
must() { does "$@" || finish; }

finish() {
    kernel_warnings
    say end
    sync
    poweroff -f
    sleep 60
}

# vfio ADDRESS: the kernel's VFIO takes the function.
vfio() {
    echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
    [ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
    echo "$1" >/sys/bus/pci/drivers/vfio-pci/bind
}

# tell COMMAND...: the lines that it prints for checks.sh go over the line; false if it fails.
tell() {
    ("$@"; echo "exit $?") 2>&1 | while read -r line; do
        case $line in
            'exit 0') return 0 ;;
            'exit '*) return 1 ;;
            'pass '* | 'fail '* | 'count '* | 'note '*) say "$line" ;;
            *) echo "$line" ;;
        esac
    done
}

# No warning or worse about our device; known-lines has what is said without our device too.
about_devices='nvme|pci|iommu|dmar|vfio|blk|ext4|i/o|aer'
kernel_warnings() {
    sed '/^#/d' /known-lines >/tmp/known
    dmesg -r | sed -n 's/^<[0-4]>//p' |
        grep -E -i "$about_devices|nobody cared|warn|bug|hung|call trace" |
        grep -E -v -f /tmp/known >/tmp/warnings
    if [ -s /tmp/warnings ]; then
        fail "no warning of the kernel: $(wc -l </tmp/warnings) lines"
        cat /tmp/warnings
    else
        pass "no warning of the kernel"
    fi
}
