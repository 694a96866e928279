cmake_minimum_required(VERSION 3.25)

# Writes a text file as C++ string literals, a line each: cmake -Dinput=... -Doutput=... -P this.
file(READ "${input}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\"" text "${text}")
file(WRITE "${output}" "\"${text}\"\n")
