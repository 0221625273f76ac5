#compdef ditc
# zsh completions for ditc; made by `ditc completions zsh`
_ditc() {
    local line kind= word
    local -a whole open
    while IFS= read -r line; do
        if [[ -z $kind ]]; then
            kind=$line
            continue
        fi
        word=${line%%$'\t'*}
        # A colon parts a word from its description.
        line="${word//:/\\:}:${line#*$'\t'}"
        if [[ $word == *= ]]; then open+=("$line"); else whole+=("$line"); fi
    done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#whole} )) && _describe -t words ditc whole
    (( ${#open} )) && _describe -t flags ditc open -S ''
    # Behind `-flag=` only what follows is a path.
    [[ $kind != words && $PREFIX == -*=* ]] && compset -P 1 '*='
    case $kind in
        files) _files ;;
        directories) _files -/ ;;
    esac
}
if [[ ${funcstack[1]} == _ditc ]]; then
    _ditc "$@"
else
    compdef _ditc ditc
fi
