# Sourced by tests/install/run, once for each way to build examples/media: `programs`.
scenario=$where/share/lmsim/scenarios/quickstart.toml
expect_lines "$folder/media.log" 'commands on our disks' "$programs/media" "$scenario"
expect_lines "$folder/media.again" 'us of downtime' "$programs/media" "$scenario"
try "the same media twice are the same run" 'cmp "$folder/media.log" "$folder/media.again"'
try "the run is another one with these media" '! grep -q "$hash" "$folder/media.log"'
