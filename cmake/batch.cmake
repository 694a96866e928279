cmake_minimum_required(VERSION 3.25)

# Writes several source files into one, which is compiled in the time of two:
# cmake -Dfolder=... "-Dinputs=a.cpp;b.cpp" -Doutput=... -P this.
# What stands after a file's last #include comes into a namespace of its own, within the one that
# the file opens, so that the files do not see each other's names. Messages of the compiler and of
# tests name the files as they are.
set(all "")
set(count 0)
foreach(input IN LISTS inputs)
    file(READ "${folder}/${input}" text)
    string(FIND "${text}" "\n#include " last REVERSE)
    math(EXPR begin "${last} + 1")
    string(SUBSTRING "${text}" ${begin} -1 rest)
    string(FIND "${rest}" "\n" length)
    math(EXPR end "${begin} + ${length} + 1")
    string(SUBSTRING "${text}" 0 ${end} head)
    string(SUBSTRING "${text}" ${end} -1 body)
    string(REGEX REPLACE "[^\n]" "" lines "${head}")
    string(LENGTH "${lines}" line)
    math(EXPR line "${line} + 1")
    set(open "")
    set(close "")
    if(body MATCHES "\nnamespace [a-z_:]+ {")
        string(REGEX REPLACE "\nnamespace ([a-z_:]+) {" "\nnamespace \\1::unit_${count} {"
            body "${body}")
    else()
        set(open "namespace unit_${count} {\n")
        set(close "}\n")
    endif()
    string(APPEND all "#line 1 \"${input}\"\n${head}${open}"
        "#line ${line} \"${input}\"\n${body}${close}")
    math(EXPR count "${count} + 1")
endforeach()
file(WRITE "${output}" "${all}")
