# Each function is alone behind its root port, so that it has an IOMMU group of its own.
pf=0000:01:00.0
vf0=0000:02:00.0
vf1=0000:03:00.0
device="$pf --vf $vf0 --vf $vf1"

# number NAME FILE: the first of this name in a result.
number() { sed -n "s/^ *\"$1\": \([0-9]*\)[,.]*[0-9]*,*$/\1/p" "$2" | head -n 1; }
# seconds SINCE: of the guest's clock.
uptime_s() { cut -d . -f 1 /proc/uptime; }

for round in first second; do
    since=$(uptime_s)
    lmsim hw conform $device --json >/tmp/$round 2>/tmp/complaints
    is "$round: all cases pass that the device does not lack something for" 0 $?
    is "$round: none fails" 0 "$(number failed /tmp/$round)"
    tail -n 5 /tmp/complaints
    count "$round.passed" "$(number passed /tmp/$round)"
    count "$round.skipped" "$(number skipped /tmp/$round)"
    note "$round: $(($(uptime_s) - since)) s"
done
is "the second run in one boot has the result of the first" "$(cat /tmp/first)" "$(cat /tmp/second)"

move="lmsim hw migrate --source $pf --source-vf $vf0 --destination-vf $vf1 --write --io 1000"
$move --record /tmp/session --json >/tmp/moved 2>/tmp/complaints
is "a VF moves to another with its I/O under way" 0 $?
tail -n 5 /tmp/complaints
for what in lost twice failed wrong; do
    is "commands $what" 0 "$(number $what /tmp/moved)"
done
count moved.commands $(($(number reads /tmp/moved) + $(number writes /tmp/moved)))
count moved.in_flight "$(number commands /tmp/moved)"
count moved.by_destination "$(number by_destination /tmp/moved)"
count moved.blackout_us "$(number blackout_us /tmp/moved)"
count session.bytes "$(wc -c </tmp/session)"

# The same without the device: its addresses are but words.
replay="lmsim hw migrate --source replay:/tmp/session --source-vf $vf0 --destination-vf $vf1
    --write --io 1000"
$replay --json >/tmp/replayed 2>/tmp/complaints
is "the recorded session replays" 0 $?
is "with the same result" "$(grep -v '"source"' /tmp/moved)" \
    "$(grep -v '"source"' /tmp/replayed)"
does "its invariants hold" lmsim check /tmp/session
middle=$(($(wc -c </tmp/session) / 2))
printf x | dd of=/tmp/session bs=1 seek=$middle conv=notrunc 2>/dev/null
$replay >/tmp/replayed 2>&1
is "a byte of it that was changed is found" 4 $?
cat /tmp/replayed
