#compdef lmsim
# zsh completion for lmsim: `lmsim completion zsh` prints this. It asks the program itself.

_lmsim() {
    local -a said told
    local line word note paths=''
    # The words before the cursor, and what of the last one stands before it.
    said=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    while IFS= read -r line; do
        case $line in
            $'\tfiles') paths=files ;;
            $'\tfolders') paths=folders ;;
            *)
                word=${line%%$'\t'*}
                note=${line#*$'\t'}
                # A colon ends the word for _describe.
                told+=("${word//:/\\:}${note:+:$note}")
                ;;
        esac
    done < <("${(Q)words[1]/#\~/$HOME}" completion next -- "${said[@]}" 2>/dev/null)
    local -a more
    [[ ${#told} -ne 1 || ${told[1]%%:*} != *= ]] || more=(-S '')
    (( ! ${#told} )) || _describe lmsim told "${more[@]}"
    # The part of --out=PATH before the path stays.
    [[ -z $paths || $PREFIX != --*=* ]] || compset -P '*='
    case $paths in
        files) _files ;;
        folders) _files -/ ;;
    esac
}

# Read by `source` too, not only by compinit.
if [[ $funcstack[1] == _lmsim ]]; then
    _lmsim "$@"
else
    compdef _lmsim lmsim
fi
