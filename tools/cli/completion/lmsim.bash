# bash completion for lmsim: `lmsim completion bash` prints this. It asks the program itself.

_lmsim() {
    # bash cuts words at = and :, which belong to ours; they are put together again.
    local words=() joined=no word begun before line paths='' IFS=$' \t\n'
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ $joined == yes || $word == [=:] ]] && [ ${#words[@]} -gt 0 ]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        joined=no
        [[ $word != [=:] ]] || joined=yes
    done
    begun=${words[-1]}
    # What bash takes for a word of its own stays; it only replaces what is behind it.
    before=
    [[ $begun != *[=:]* || $COMP_WORDBREAKS != *[=:]* ]] || before=${begun%"${begun##*[=:]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            $'\tfiles') paths=file ;;
            $'\tfolders') paths=directory ;;
            *)
                line=${line%%$'\t'*}
                COMPREPLY+=("${line#"$before"}")
                ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" completion next -- "${words[@]}" 2>/dev/null)
    if [ -n "$paths" ]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -A "$paths" -- "${COMP_WORDS[COMP_CWORD]#[=:]}")
    elif [ ${#COMPREPLY[@]} -eq 1 ] && [[ ${COMPREPLY[0]} == *[=:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _lmsim lmsim
