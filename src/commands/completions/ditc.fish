# fish completions for ditc; made by `ditc completions fish`
function __ditc_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($typed[1] __complete -- $typed[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path (string replace -r '^-[^=]*=' '' -- "$current")
        case directories
            __fish_complete_directories (string replace -r '^-[^=]*=' '' -- "$current")
    end
    if set -q lines[2]
        printf '%s\n' $lines[2..-1]
    end
end
complete -c ditc -f -a '(__ditc_complete)'
