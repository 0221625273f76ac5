# fish completions for ditc; made by `ditc completions fish`
function __ditc_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($typed[1] __complete -- $typed[2..-1] "$current" 2>/dev/null)
    # A flag and its value are one word here, so what is offered begins with the flag.
    set -l flag (string match -r '^-[^=]*=' -- "$current")
    set -l value (string replace -r '^-[^=]*=' '' -- "$current")
    set -l paths
    switch "$lines[1]"
        case files
            set paths (__fish_complete_path "$value")
        case directories
            set paths (__fish_complete_directories "$value")
    end
    for path in $paths
        printf '%s\n' "$flag$path"
    end
    if set -q lines[2]
        printf '%s\n' $lines[2..-1]
    end
end
complete -c ditc -f -a '(__ditc_complete)'
