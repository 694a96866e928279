cmake_minimum_required(VERSION 3.25)

# Fills in the page what does not depend on a run, its style and its scripts, and writes it as C++
# string literals: cmake -Dfolder=viz/report -Duplot=.../uplot/dist -Doutput=... -P this.
file(READ "${folder}/page.html" page)
file(READ "${uplot}/uPlot.min.css" style)
file(READ "${folder}/report.css" own)
string(APPEND style "${own}")
file(READ "${uplot}/uPlot.iife.min.js" script)
set(scripts "<script>\n${script}</script>\n")
file(STRINGS "${folder}/order.txt" names)
foreach(name IN LISTS names)
    file(READ "${folder}/${name}" script)
    string(APPEND scripts "<script>\n${script}</script>\n")
endforeach()
string(REPLACE "<!-- slot style -->" "<style>\n${style}</style>" page "${page}")
string(REPLACE "<!-- slot scripts -->" "${scripts}" page "${page}")
string(REPLACE "\\" "\\\\" page "${page}")
string(REPLACE "\"" "\\\"" page "${page}")
# Two in a row could be read as the begin of a trigraph.
string(REPLACE "?" "\\?" page "${page}")
string(REPLACE "\n" "\\n\"\n\"" page "${page}")
file(WRITE "${output}" "\"${page}\"\n")
