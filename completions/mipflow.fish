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
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "send" -d 'Send requests to a home agent, and judge its replies'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "serve" -d 'Be a home agent for the lab: answer registration requests, keep bindings, move no traffic'
complete -c mipflow -n "__fish_mipflow_needs_command" -f -a "explain" -d 'Say what a rule means, or list the rules'
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
findings\t'What the rules found'
stats\t'What was counted'"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l format -d 'Output format; csv takes one section, sarif and junit show the findings' -r -f -a "text\t'For people'
json\t'One document'
ndjson\t'One object a line, as it comes'
csv\t'One section as a table'
sarif\t'The findings for code hosts and CI systems (SARIF 2.1.0)'
junit\t'The findings as test cases, one a rule'"
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
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l node -d 'Show only what concerns this mobile node, named by home address or NAI; traffic and stats are of all' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l at -d 'Show the tables as they stood just after this time (RFC 3339, of day, or seconds since 1970) or frame (#N)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l reply-timeout -d 'How long after a request a reply still answers it' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s f -l bpf -d 'Look only at frames that this libpcap filter lets through' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l port -d 'UDP port of Mobile IP (repeatable) [default: 434]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l key -d 'Key of this SPI: it verifies authenticators, and send and serve sign with it (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l key-file -d 'Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l fail-on -d 'Exit with 1 when there is a finding of this level or graver' -r -f -a "must\t''
should\t''
note\t''
never\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l allow -d 'Hide the findings of this rule, or of all rules that begin like this (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l deny -d 'Raise the findings of this rule, or of all rules that begin like this, to must (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l assume-cold-start -d 'Whether nothing was registered before it began; rules that need all bindings of a node ask [default: on for files, off live]' -r -f -a "on\t''
off\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l ext-type -d 'Type of the Multipath and Flow-Binding extensions' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l code-multipath-not-allowed -d 'Reply code `MULTIPATH_NOT_ALLOWED`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l code-invalid-fb-identifier -d 'Reply code `INVALID_FB_IDENTIFIER`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s w -l write -d 'Write the Mobile IP packets that were selected to this capture (pcapng if it is named so)' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s v -l verbose -d 'Show each message as a tree of all its fields, and each finding, however many nodes have the same'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s x -l hex -d 'Show each message\'s octets'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -l ascii -d 'Use no characters beyond ASCII in text; the default where the locale is not UTF-8'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand decode" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l ha -d 'The home agent to send to' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l port -d 'The home agent\'s UDP port, where --ha has none [default: 434]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l home-address -d 'The mobile node\'s home address; 0.0.0.0, the default with --nai, asks for one' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l care-of-address -d 'The care-of address [default: the address it is sent from]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l home-agent -d 'The Home Agent field [default: the address of --ha]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l source -d 'Send from this address [default: the system\'s choice]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l interface -d 'Send by this interface, whatever the routes say' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l lifetime -d 'The lifetime to ask for, in seconds: 0 de-registers, 65535 never ends [default: 600]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l flags -d 'Flags to set, of S, B, D, M, G, r, T and x' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l nai -d 'Add a Network Access Identifier' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l bid -d 'Add a Multipath extension with this Binding Identifier' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l att -d 'Its access technology, by name or number [default: Virtual]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l label -d 'Its interface label [default: 1]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l flow -d 'Add a Flow-Binding extension, as in \'forward 1,2: proto udp dport 5060\' or \'drop: dst 10.1.0.1\' (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l ext -d 'Add an extension by its octets (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l replay -d 'Where the Identification comes from: timestamp or nonce [default: timestamp]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l identification -d 'Use this Identification, in hexadecimal' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l retries -d 'Transmissions after the first one, where no reply comes [default: 2]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l timeout -d 'How long the first transmission waits for a reply; the next are at least 1s apart, and each waits twice as long [default: 1s]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l expect -d 'What the reply has to be like, as in code=0, \'code in 0,1\', \'lifetime<=600\', \'rtt<50ms\', auth=valid, reply=none, `home_address=A` or extension=NAME; \'A or B\' takes either (repeatable) [default: code in 0,1]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l rate -d 'The most requests a second [default: 10/s]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l repeat -d 'Do it N times' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l key -d 'Key of this SPI: it verifies authenticators, and send and serve sign with it (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l key-file -d 'Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l ext-type -d 'Type of the Multipath and Flow-Binding extensions' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l code-multipath-not-allowed -d 'Reply code `MULTIPATH_NOT_ALLOWED`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l code-invalid-fb-identifier -d 'Reply code `INVALID_FB_IDENTIFIER`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l fail-on -d 'Exit with 1 when there is a finding of this level or graver' -r -f -a "must\t''
should\t''
note\t''
never\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l allow -d 'Hide the findings of this rule, or of all rules that begin like this (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l deny -d 'Raise the findings of this rule, or of all rules that begin like this, to must (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l assume-cold-start -d 'Whether nothing was registered before it began; rules that need all bindings of a node ask [default: on for files, off live]' -r -f -a "on\t''
off\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l var -d 'What `${NAME}` stands for in scenarios (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l suite -d 'Run a conformance suite: rfc5944 or rfc7629; list lists their cases' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l case -d 'Run only this case of the suite, or these of a section (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -s w -l write -d 'Write what is sent and received to this capture (pcapng if it is named so)' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l format -d 'Output format' -r -f -a "text\t'For people: a line a step, then what differed'
json\t'One document'
junit\t'XML for continuous integration'
tap\t'Test Anything Protocol'"
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l bulk -d 'Set its B flag: update the lifetime of all bindings'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l overwrite -d 'Set its O flag: replace all other bindings'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l accept-unauthenticated -d 'Take a reply whose authenticator is bad or missing for an answer'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l accept-any-identification -d 'Take a reply of the agent for an answer, whatever its Identification'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l dry-run -d 'Build and show what would be sent, and send nothing'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l allow-broadcast -d 'Allow broadcast and multicast destinations'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -s v -l verbose -d 'Show every message, not only those of steps that failed; of a single request they are shown anyway'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -s x -l hex -d 'Show every message\'s octets'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -l ascii -d 'Use no characters beyond ASCII in text; the default where the locale is not UTF-8'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand send" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l listen -d 'IPv4 address to listen on, 0.0.0.0 for all; the port is 434 when none is given, and 0 takes a free one' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l key -d 'Key of this SPI: it verifies authenticators, and send and serve sign with it (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l key-file -d 'Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l multipath -d 'Whether nodes may have several care-of addresses; without, those that ask get code 152' -r -f -a "on\t''
off\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l max-lifetime -d 'Longest lifetime to grant, in seconds; 65535 never ends' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l max-bindings -d 'Most bindings of one node; what would be one more gets code 135' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l home-prefix -d 'Home addresses to serve (repeatable); others get code 129, and nodes that have only a NAI get one of these' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l ext-type -d 'Type of the Multipath and Flow-Binding extensions' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l code-multipath-not-allowed -d 'Reply code `MULTIPATH_NOT_ALLOWED`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l code-invalid-fb-identifier -d 'Reply code `INVALID_FB_IDENTIFIER`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l replay -d 'How requests are kept from being replayed: timestamp (7 seconds from this clock at most) or nonce (a number that the reply before told) [default: timestamp]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l format -d 'Output format' -r -f -a "text\t'For people: each message as decode shows it, and the nodes in the end'
ndjson\t'An exchange record a request, a node record when its state changes'"
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -l require-auth -d 'Refuse requests that no key authorises, with code 131'
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand serve" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -l level -d 'Only rules of this level' -r -f -a "must\t''
should\t''
note\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -l scope -d 'Only rules that need this to be known' -r -f -a "message\t'One message alone'
exchange\t'A request and its reply'
state\t'Earlier history'
traffic\t'Tunnelled packets'"
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -l format -d 'Output format' -r -f -a "text\t'For people'
json\t'A list of objects'
markdown\t'A page for the documentation'"
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -l ascii -d 'Use no characters beyond ASCII; the default where the locale is not UTF-8'
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand explain" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s i -l interface -d 'Capture from this interface (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s f -l bpf -d 'Look only at frames that this libpcap filter lets through [default: registrations, tunnels and fragments]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l snaplen -d 'Octets kept of each frame' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l buffer -d 'Size of the kernel\'s buffer for each interface' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l node -d 'Show only what concerns this mobile node, named by home address or NAI' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l port -d 'UDP port of Mobile IP (repeatable) [default: 434]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l reply-timeout -d 'How long after a request a reply still answers it' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l key -d 'Key of this SPI: it verifies authenticators, and send and serve sign with it (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l key-file -d 'Read keys from a TOML file of `[[key]]` tables with spi, hex or text, and algorithm' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l fail-on -d 'Exit with 1 when there is a finding of this level or graver' -r -f -a "must\t''
should\t''
note\t''
never\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l allow -d 'Hide the findings of this rule, or of all rules that begin like this (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l deny -d 'Raise the findings of this rule, or of all rules that begin like this, to must (repeatable)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l assume-cold-start -d 'Whether nothing was registered before it began; rules that need all bindings of a node ask [default: on for files, off live]' -r -f -a "on\t''
off\t''"
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l ext-type -d 'Type of the Multipath and Flow-Binding extensions' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l code-multipath-not-allowed -d 'Reply code `MULTIPATH_NOT_ALLOWED`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l code-invalid-fb-identifier -d 'Reply code `INVALID_FB_IDENTIFIER`' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s w -l write -d 'Write the frames to this capture (pcapng if it is named so); with --node, those of the node' -r -F
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l ring -d 'Write to COUNT files of this size in turn, the oldest of which is written over' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l stop-after -d 'Stop after packets=N, seconds=S or bytes=N (repeatable; the first one met)' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l user -d 'Run as this user once everything is open [default: who called sudo, else who started it]' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l replay -d 'Play a file at the pace of its recording, or at SPEED times that' -r
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l theme -d 'Colours of the screen; T changes them' -r -f -a "dark\t'For a dark background'
light\t'For a light background'
mono\t'No colours, as with `NO_COLOR`'"
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l no-promiscuous -d 'Leave the interfaces as they are, so that frames for others are not seen'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l headless -d 'Print ndjson records as they happen instead of showing a screen; the default where there is no terminal'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -l ascii -d 'Draw the screen with no characters beyond ASCII; the default where the locale is not UTF-8'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mipflow -n "__fish_mipflow_using_subcommand watch" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand interfaces" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_using_subcommand interfaces" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand completions" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_using_subcommand completions" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand man" -s h -l help -d 'Print help'
complete -c mipflow -n "__fish_mipflow_using_subcommand man" -s V -l version -d 'Print version'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "decode" -d 'Read captures, decode the Mobile IP in them, and print what was seen'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "send" -d 'Send requests to a home agent, and judge its replies'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "serve" -d 'Be a home agent for the lab: answer registration requests, keep bindings, move no traffic'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "explain" -d 'Say what a rule means, or list the rules'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "watch" -d 'Watch registrations, tunnels and their flows as they happen'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "interfaces" -d 'List the interfaces that can be captured from'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "completions" -d 'Print completions for a shell'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "man" -d 'Print the manual page'
complete -c mipflow -n "__fish_mipflow_using_subcommand help; and not __fish_seen_subcommand_from decode send serve explain watch interfaces completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
