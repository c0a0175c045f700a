_mipflow() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="mipflow"
                ;;
            mipflow,completions)
                cmd="mipflow__subcmd__completions"
                ;;
            mipflow,decode)
                cmd="mipflow__subcmd__decode"
                ;;
            mipflow,explain)
                cmd="mipflow__subcmd__explain"
                ;;
            mipflow,help)
                cmd="mipflow__subcmd__help"
                ;;
            mipflow,interfaces)
                cmd="mipflow__subcmd__interfaces"
                ;;
            mipflow,man)
                cmd="mipflow__subcmd__man"
                ;;
            mipflow,send)
                cmd="mipflow__subcmd__send"
                ;;
            mipflow,serve)
                cmd="mipflow__subcmd__serve"
                ;;
            mipflow,watch)
                cmd="mipflow__subcmd__watch"
                ;;
            mipflow__subcmd__help,completions)
                cmd="mipflow__subcmd__help__subcmd__completions"
                ;;
            mipflow__subcmd__help,decode)
                cmd="mipflow__subcmd__help__subcmd__decode"
                ;;
            mipflow__subcmd__help,explain)
                cmd="mipflow__subcmd__help__subcmd__explain"
                ;;
            mipflow__subcmd__help,help)
                cmd="mipflow__subcmd__help__subcmd__help"
                ;;
            mipflow__subcmd__help,interfaces)
                cmd="mipflow__subcmd__help__subcmd__interfaces"
                ;;
            mipflow__subcmd__help,man)
                cmd="mipflow__subcmd__help__subcmd__man"
                ;;
            mipflow__subcmd__help,send)
                cmd="mipflow__subcmd__help__subcmd__send"
                ;;
            mipflow__subcmd__help,serve)
                cmd="mipflow__subcmd__help__subcmd__serve"
                ;;
            mipflow__subcmd__help,watch)
                cmd="mipflow__subcmd__help__subcmd__watch"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        mipflow)
            opts="-h -V --help --version decode send serve explain watch interfaces completions man help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__completions)
            opts="-h -V --help --version bash elvish fish powershell zsh"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__decode)
            opts="-v -x -f -w -h -V --show --format --ladder-format --verbose --hex --color --ascii --time --node --at --reply-timeout --bpf --port --key --key-file --fail-on --allow --deny --assume-cold-start --ext-type --code-multipath-not-allowed --code-invalid-fb-identifier --write --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --show)
                    COMPREPLY=($(compgen -P "${cur%"${cur##*,}"}" -W "messages exchanges ladder nodes flows traffic violations findings stats" -- "${cur##*,}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "text json ndjson csv sarif junit" -- "${cur}"))
                    return 0
                    ;;
                --ladder-format)
                    COMPREPLY=($(compgen -W "text mermaid" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --time)
                    COMPREPLY=($(compgen -W "utc local relative delta epoch" -- "${cur}"))
                    return 0
                    ;;
                --node)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --at)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --reply-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --bpf)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -f)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --port)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --fail-on)
                    COMPREPLY=($(compgen -W "must should note never" -- "${cur}"))
                    return 0
                    ;;
                --allow)
                    COMPREPLY=($(compgen -W "EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002" -- "${cur}"))
                    return 0
                    ;;
                --deny)
                    COMPREPLY=($(compgen -W "EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002" -- "${cur}"))
                    return 0
                    ;;
                --assume-cold-start)
                    COMPREPLY=($(compgen -W "on off" -- "${cur}"))
                    return 0
                    ;;
                --ext-type)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-multipath-not-allowed)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-invalid-fb-identifier)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -w)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__explain)
            opts="-h -V --level --scope --format --color --ascii --help --version EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002 D1 D2 D3 D4 D5 D6 D7 D8 D9 D10 D11 D12 D13 D14 D15 D16"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --level)
                    COMPREPLY=($(compgen -W "must should note" -- "${cur}"))
                    return 0
                    ;;
                --scope)
                    COMPREPLY=($(compgen -W "message exchange state traffic" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "text json markdown" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help)
            opts="decode send serve explain watch interfaces completions man help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__completions)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__decode)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__explain)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__interfaces)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__man)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__send)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__serve)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__help__subcmd__watch)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__interfaces)
            opts="-h -V --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__man)
            opts="-h -V --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__send)
            opts="-w -v -x -h -V --ha --port --home-address --care-of-address --home-agent --source --interface --lifetime --flags --nai --bid --att --label --bulk --overwrite --flow --ext --replay --identification --retries --timeout --expect --rate --repeat --accept-unauthenticated --accept-any-identification --key --key-file --ext-type --code-multipath-not-allowed --code-invalid-fb-identifier --fail-on --allow --deny --assume-cold-start --var --suite --case --dry-run --allow-broadcast --write --format --verbose --hex --color --ascii --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --ha)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --port)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --home-address)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --care-of-address)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --home-agent)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --source)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --interface)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --lifetime)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --flags)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --nai)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --bid)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --att)
                    COMPREPLY=($(compgen -W "Virtual PPP 802.3 802.11 802.16e GERAN UTRAN E-UTRAN eHRPD HRPD 1xRTT UMB NB-IoT" -- "${cur}"))
                    return 0
                    ;;
                --label)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --flow)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --ext)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --replay)
                    COMPREPLY=($(compgen -W "timestamp nonce" -- "${cur}"))
                    return 0
                    ;;
                --identification)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --retries)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --expect)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --rate)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --repeat)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ext-type)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-multipath-not-allowed)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-invalid-fb-identifier)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --fail-on)
                    COMPREPLY=($(compgen -W "must should note never" -- "${cur}"))
                    return 0
                    ;;
                --allow)
                    COMPREPLY=($(compgen -W "EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002" -- "${cur}"))
                    return 0
                    ;;
                --deny)
                    COMPREPLY=($(compgen -W "EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002" -- "${cur}"))
                    return 0
                    ;;
                --assume-cold-start)
                    COMPREPLY=($(compgen -W "on off" -- "${cur}"))
                    return 0
                    ;;
                --var)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --suite)
                    COMPREPLY=($(compgen -W "rfc5944 rfc7629 list" -- "${cur}"))
                    return 0
                    ;;
                --case)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -w)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "text json junit tap" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__serve)
            opts="-h -V --listen --key --key-file --require-auth --multipath --max-lifetime --max-bindings --home-prefix --ext-type --code-multipath-not-allowed --code-invalid-fb-identifier --replay --format --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --multipath)
                    COMPREPLY=($(compgen -W "on off" -- "${cur}"))
                    return 0
                    ;;
                --max-lifetime)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --max-bindings)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --home-prefix)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --ext-type)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-multipath-not-allowed)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-invalid-fb-identifier)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --replay)
                    COMPREPLY=($(compgen -W "timestamp nonce" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "text ndjson" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        mipflow__subcmd__watch)
            opts="-i -f -w -h -V --interface --bpf --snaplen --buffer --no-promiscuous --node --port --reply-timeout --key --key-file --fail-on --allow --deny --assume-cold-start --ext-type --code-multipath-not-allowed --code-invalid-fb-identifier --write --ring --stop-after --user --replay --headless --theme --ascii --help --version"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --interface)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -i)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --bpf)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -f)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --snaplen)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --buffer)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --node)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --port)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --reply-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --key-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --fail-on)
                    COMPREPLY=($(compgen -W "must should note never" -- "${cur}"))
                    return 0
                    ;;
                --allow)
                    COMPREPLY=($(compgen -W "EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002" -- "${cur}"))
                    return 0
                    ;;
                --deny)
                    COMPREPLY=($(compgen -W "EXT-001 EXT-002 EXT-003 EXT-004 EXT-005 EXT-006 EXT-007 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-006 AUTH-007 AUTH-008 AUTH-009 AUTH-010 REG-001 REG-002 REG-003 REG-004 REG-005 REG-006 REG-007 REG-008 REG-009 REG-010 REG-011 REG-012 REG-013 REG-014 REG-015 REG-016 REG-017 REG-018 REG-019 REG-020 REG-021 REG-022 REG-023 REG-024 REG-025 REG-026 REG-027 REG-028 MP-001 MP-002 MP-003 MP-004 MP-005 MP-006 MP-007 MP-008 MP-009 MP-010 MP-011 MP-012 MP-013 MP-014 MP-015 MP-016 MP-017 MP-018 MP-019 MP-020 MP-021 MP-022 MP-023 MP-024 MP-025 MP-026 MP-027 MP-028 FB-001 FB-002 FB-003 FB-004 FB-005 FB-006 FB-007 FB-008 FB-009 FB-010 FB-011 FB-012 FB-013 FB-014 FB-015 FB-016 FB-017 TS-001 TS-002 TS-003 TS-004 TS-005 TS-006 TS-007 TS-008 TS-009 TS-010 TS-011 TS-012 TS-013 EXCH-001 EXCH-002 EXCH-003 EXCH-004 EXCH-005 EXCH-006 EXCH-007 EXCH-008 EXCH-009 EXCH-010 EXCH-011 EXCH-012 EXCH-013 EXCH-014 EXCH-015 TUN-001 TUN-002 TUN-003 TUN-004 TUN-005 TUN-006 TUN-007 TUN-008 TUN-009 TUN-010 TUN-011 TUN-012 TUN-013 TUN-014 TUN-015 TUN-016 TUN-017 TUN-018 TUN-019 TUN-020 TUN-021 TUN-022 TUN-023 TUN-024 TUN-025 TUN-026 TUN-027 TUN-028 UDPT-001 UDPT-002 UDPT-003 UDPT-004 UDPT-005 NEMO-001 NEMO-002 NEMO-003 NEMO-004 DS-001 DS-002 DS-003 REV-001 REV-002" -- "${cur}"))
                    return 0
                    ;;
                --assume-cold-start)
                    COMPREPLY=($(compgen -W "on off" -- "${cur}"))
                    return 0
                    ;;
                --ext-type)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-multipath-not-allowed)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --code-invalid-fb-identifier)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -w)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ring)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --stop-after)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --replay)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --theme)
                    COMPREPLY=($(compgen -W "dark light mono" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _mipflow -o nosort -o bashdefault -o default mipflow
else
    complete -F _mipflow -o bashdefault -o default mipflow
fi
