# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mipflow_global_optspecs
    string join \n h/help V/version
end

function __fish_mipflow_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mipflow_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mipflow_using_subcommand
    set -l cmd (__fish_mipflow_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mipflow -n "__fish_mipflow_needs_command" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_needs_command" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "decode" -d 'Read captures, decode the Mobile IP in them, and print what was seen'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "watch" -d 'Watch registrations, tunnels and their flows as they happen'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "interfaces" -d 'List the interfaces that can be captured from'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "man" -d 'Print the manual page'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l show -d 'Sections to show' -r -f -a "messages\t'Every message'
exchanges\t'Requests with their replies'
ladder\t'Call flows, as text or for Mermaid'
nodes\t'Mobile nodes with bindings, policy and tunnels'
flows\t'Inner flows and the tunnels they took'
traffic\t'What each home agent did'
violations\t'What was refused for reasons of security'
stats\t'What was counted'"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l format -d 'Output format; csv takes one section' -r -f -a "text\t'For people'
json\t'One document'
ndjson\t'One object a line, as it comes'
csv\t'One section as a table'"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l ladder-format -d 'How ladders are written' -r -f -a "text\t'Drawn with characters'
mermaid\t'A sequence diagram for Mermaid'"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l time -d 'Times in text: of day, or in seconds from the first frame, the message before, or 1970' -r -f -a "utc\t'Time of day, UTC'
local\t'Time of day, local'
relative\t'Seconds since the first frame'
delta\t'Seconds since the message before'
epoch\t'Seconds since 1970'"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l node -d 'Show only what concerns this mobile node, named by home address or NAI' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l at -d 'Show the tables as they stood just after this time (RFC 3339, or seconds since 1970) or frame (#N)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l reply-timeout -d 'How long after a request a reply still answers it' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s f -l bpf -d 'Look only at frames that this libpcap filter lets through' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l port -d 'UDP port of Mobile IP (repeatable) [default: 434]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l key -d 'Verify authenticators of this SPI with this key (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l key-file -d 'Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l ext-type -d 'Type of the Multipath and Flow-Binding extensions' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l code-multipath-not-allowed -d 'Reply code `MULTIPATH_NOT_ALLOWED`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l code-invalid-fb-identifier -d 'Reply code `INVALID_FB_IDENTIFIER`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s w -l write -d 'Write the Mobile IP packets that were selected to this capture (pcapng if it is named so)' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s v -l verbose -d 'Show each message as a tree of all its fields'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s x -l hex -d 'Show each message\'s octets'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l ascii -d 'Use no characters beyond ASCII in text; the default where the locale is not UTF-8'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s i -l interface -d 'Capture from this interface (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s f -l bpf -d 'Look only at frames that this libpcap filter lets through [default: registrations, tunnels and fragments]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l snaplen -d 'Octets kept of each frame' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l buffer -d 'Size of the kernel\'s buffer for each interface' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l node -d 'Show only what concerns this mobile node, named by home address or NAI' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l port -d 'UDP port of Mobile IP (repeatable) [default: 434]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l reply-timeout -d 'How long after a request a reply still answers it' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l key -d 'Verify authenticators of this SPI with this key (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l key-file -d 'Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l ext-type -d 'Type of the Multipath and Flow-Binding extensions' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l code-multipath-not-allowed -d 'Reply code `MULTIPATH_NOT_ALLOWED`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l code-invalid-fb-identifier -d 'Reply code `INVALID_FB_IDENTIFIER`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s w -l write -d 'Write the frames to this capture (pcapng if it is named so); with --node, those of the node' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l ring -d 'Write to COUNT files of this size in turn, the oldest of which is written over' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l stop-after -d 'Stop after packets=N, seconds=S or bytes=N (repeatable; the first one met)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l user -d 'Run as this user once everything is open [default: who called sudo, else who started it]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l replay -d 'Play a file at the pace of its recording, or at SPEED times that' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l no-promiscuous -d 'Leave the interfaces as they are, so that frames for others are not seen'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l headless -d 'Print ndjson records as they happen instead of showing a screen; the default where there is no terminal'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand interfaces" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_using_subcommand interfaces" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand completions" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_using_subcommand completions" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand man" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_using_subcommand man" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode watch interfaces completions man help" -f -a "decode" -d 'Read captures, decode the Mobile IP in them, and print what was seen'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode watch interfaces completions man help" -f -a "watch" -d 'Watch registrations, tunnels and their flows as they happen'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode watch interfaces completions man help" -f -a "interfaces" -d 'List the interfaces that can be captured from'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode watch interfaces completions man help" -f -a "completions" -d 'Print completions for a shell'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode watch interfaces completions man help" -f -a "man" -d 'Print the manual page'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode watch interfaces completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
