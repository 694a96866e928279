# Sourced by tests/install/run, once for each way to build examples/hello: `programs`.
expect_lines "$folder/command.log" 'OPC    0x41  Migration Send' "$programs/command"
expect_lines "$folder/downtime.log" "trace hash $hash" \
    "$programs/downtime" "$where/share/lmsim/scenarios/quickstart.toml"
