# Each function is alone behind its root port, so that it has an IOMMU group of its own.
pf=0000:01:00.0
vf0=0000:02:00.0
vf1=0000:03:00.0

# number NAME FILE: the first of this name in a result.
number() { sed -n "s/^ *\"$1\": \([0-9]*\)[,.]*[0-9]*,*$/\1/p" "$2" | head -n 1; }

# A machine of this little memory boots without huge pages, which those with devices have.
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
for function in $pf $vf0 $vf1; do
    vfio $function
    must "$function has an IOMMU group for VFIO" \
        test -e "/dev/vfio/$(basename "$(readlink /sys/bus/pci/devices/$function/iommu_group)")"
done
tell lmsim_lab_holder $pf $vf0 $vf1 || fail "the holder ends well"

# What a model in its own process cannot be asked (/model.json), the device outside cannot be
# either; nothing more.
for round in first second; do
    since=$(cut -d . -f 1 /proc/uptime)
    lmsim hw conform $pf --vf $vf0 --vf $vf1 --destructive --trackable 24 --json \
        >/tmp/$round 2>/tmp/complaints
    is "$round: all conformance cases pass" 0 $?
    tail -n 5 /tmp/complaints
    is "$round: none fails" 0 "$(number failed /tmp/$round)"
    grep -B 12 -A 6 '"verdict": "failed"' /tmp/$round | head -n 40
    is "$round: as many pass as of the model" "$(number passed /model.json)" \
        "$(number passed /tmp/$round)"
    count "$round.passed" "$(number passed /tmp/$round)"
    count "$round.skipped" "$(number skipped /tmp/$round)"
    note "$round: $(($(cut -d . -f 1 /proc/uptime) - since)) s"
done
does "the second run in one boot is as the first" cmp /tmp/first /tmp/second

move="lmsim hw migrate --source $pf --source-vf $vf0 --destination-vf $vf1 --write --io 1000"
$move --record /tmp/session --json >/tmp/moved 2>/tmp/complaints
is "a VF moves to another with its I/O under way" 0 $?
tail -n 5 /tmp/complaints
grep '"error": "..*"' /tmp/moved
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

# A whole migration: the simulator's host, guest and VMM on the device, the model at the other end.
run="lmsim hw run /scenarios/hardware/one-vf-write.toml"
$run --device $pf --vf $vf0 --write --record /tmp/session --out /tmp/run >/tmp/output 2>&1
is "a scenario's host and guest run on the device, and migrate from it" 0 $?
cat /tmp/output
for what in lost duplicated; do
    is "commands $what" 0 "$(number $what /tmp/run/result.json)"
done
is "its time is the clock's" 1 "$(grep -c '"time_base": "wall"' /tmp/run/result.json)"
count run.commands "$(number completed /tmp/run/result.json)"
does "the run's invariants hold" lmsim check /tmp/run
count run.session_bytes "$(wc -c </tmp/session)"
$run --device replay:/tmp/session --out /tmp/again >/tmp/output 2>&1
is "the recorded run replays" 0 $?
tail -n 5 /tmp/output
for file in result.json trace.ndjson; do
    does "with the same $file" cmp /tmp/run/$file /tmp/again/$file
done
does "its session's invariants hold" lmsim check /tmp/session
