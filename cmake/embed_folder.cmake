cmake_minimum_required(VERSION 3.25)

# Writes {"NAME", "TEXT"}, for each file of a folder, NAME without its extension:
# cmake -Dfolder=... -Dextension=toml -Doutput=... -P this.
file(GLOB inputs "${folder}/*.${extension}")
list(SORT inputs)
set(all "")
foreach(input IN LISTS inputs)
    get_filename_component(name "${input}" NAME_WLE)
    file(READ "${input}" text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n\"" text "${text}")
    string(APPEND all "{\"${name}\",\n\"${text}\"},\n")
endforeach()
file(WRITE "${output}" "${all}")
