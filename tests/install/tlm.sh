# Sourced by tests/install/run, once for each way to build examples/tlm: `programs`.
scenario=$where/share/lmsim/scenarios/quickstart.toml
expect_lines "$folder/tlm.log" 'what was read is what was written' "$programs/top" "$scenario"
expect_lines "$folder/tlm.again" 'trace hash 0x' "$programs/top" "$scenario"
try "the same top twice is the same run" 'cmp "$folder/tlm.log" "$folder/tlm.again"'
