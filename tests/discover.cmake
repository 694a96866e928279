cmake_minimum_required(VERSION 3.25)

# Writes the ctest entries of one test program. A case tagged [slow] gets the label slow, which
# `tools/test --quick` leaves out; one tagged [nightly] the label nightly, which only tools/nightly
# runs; [.] is run by hand. One tagged [search] is a large search whose outcome is compared: under
# sanitizers it gets the label nightly, as it takes minutes there and others run the same code.
if(catch VERSION_LESS 3)
    set(names_only --list-test-names-only)
    set(none_is_an_error "-w NoTests")
else()
    set(names_only --list-tests --verbosity quiet)
    set(none_is_an_error "")
endif()

function(listing result)
    execute_process(COMMAND "${program}" ${ARGN}
        OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE code)
    # The exit code of a listing is its length; two cases of one name are told on stderr alone.
    if(NOT code MATCHES "^[0-9]+$" OR NOT errors STREQUAL "")
        message(FATAL_ERROR "${program} cannot list its tests (${code}):\n${errors}")
    endif()
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

# Takes the first line off a text. CMake lists would break on the brackets and semicolons in names.
macro(next_line text line)
    string(FIND "${${text}}" "\n" end)
    string(SUBSTRING "${${text}}" 0 ${end} ${line})
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${${text}}" ${end} -1 ${text})
endmacro()

function(entry name arguments)
    # What only runs at night may take an hour: on a busy machine a large search under sanitizers
    # takes more than ten minutes.
    set(seconds 600)
    if(label STREQUAL "nightly")
        set(seconds 3600)
    endif()
    string(APPEND entries
        "add_test([==[${name}]==] [==[${program}]==] ${arguments} ${none_is_an_error})\n"
        "set_tests_properties([==[${name}]==] PROPERTIES WORKING_DIRECTORY [==[${folder}]==] "
        "TIMEOUT ${seconds}")
    if(label)
        string(APPEND entries " LABELS ${label}")
    endif()
    string(APPEND entries ")\n")
    set(entries "${entries}" PARENT_SCOPE)
endfunction()

function(entries_of filter label)
    if(grouping STREQUAL "file")
        listing(text -\# --list-tags "${filter}")
    else()
        listing(text ${names_only} "${filter}")
    endif()
    while(text MATCHES "\n")
        next_line(text line)
        if(grouping STREQUAL "file" AND line MATCHES "\\[#([^]]+)\\]")
            set(file "${CMAKE_MATCH_1}")
            string(REGEX REPLACE "_test$" "" name "${top}.${file}")
            if(label)
                string(APPEND name ".${label}")
            endif()
            entry("${name}" "[==[-#]==] [==[[#${file}]${filter}]==]")
        elseif(grouping STREQUAL "case" AND NOT line STREQUAL "")
            # Catch reads commas and brackets in a name as its own syntax.
            string(REGEX REPLACE "([][,\\\\])" "\\\\\\1" escaped "${line}")
            entry("${top}.${line}" "[==[${escaped}]==]")
        endif()
    endwhile()
    set(entries "${entries}" PARENT_SCOPE)
endfunction()

set(entries "")
set(others "~[nightly]~[.]")
if(sanitize)
    string(APPEND others "~[search]")
    entries_of("[search]~[nightly]~[.]" nightly)
endif()
entries_of("~[slow]${others}" "")
entries_of("[slow]${others}" slow)
entries_of("[nightly]~[.]" nightly)
if(entries STREQUAL "")
    message(FATAL_ERROR "${program} has no tests")
endif()
file(WRITE "${list}" "${entries}")
