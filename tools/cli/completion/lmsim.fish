# fish completion for lmsim: `lmsim completion fish` prints this. It asks the program itself.

function __lmsim_next
    set -l words (commandline -opc)
    set -l begun (commandline -ct)
    for line in ($words[1] completion next -- $words[2..-1] "$begun" 2>/dev/null)
        switch $line
            case \tfiles
                __lmsim_paths "$begun"
            case \tfolders
                __lmsim_paths "$begun" | string match -r '.*/(?:\t.*)?$'
            case '*'
                echo $line
        end
    end
end

# The part of --out=PATH before the path stays.
function __lmsim_paths
    set -l before (string match -r '^--[^=]*=' -- $argv[1])
    __fish_complete_path (string replace -r '^--[^=]*=' '' -- $argv[1]) |
        while read -l line
            string join '' -- $before $line
        end
end

complete -c lmsim -f -a '(__lmsim_next)'
