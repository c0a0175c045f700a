//! The terms that rules are written in.

/// A term that the text of rules uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// How rules refer to the definition: D1 to D16.
    pub id: &'static str,
    /// The words that it defines, as rules write them.
    pub words: &'static [&'static str],
    /// The text of the definition.
    pub text: &'static str,
}

/// All terms.
pub static DEFINITIONS: [Definition; 16] = [
    Definition {
        id: "D1",
        words: &["T_PAIR", "T_ACT", "GRACE"],
        text: "\
            Constants. T_PAIR, 10 s unless --reply-timeout says otherwise: the reply timeout, a reply may answer a \
            request at most this much older. T_ACT, 60 s: time allowed for a demanded follow-up that has no \
            deadline in the text. GRACE, 1 s: allowance for in-flight packets and clock offset around a state \
            change. Limits of \"1 s\" are tested as < 0.95 s. Port 434, extension type 154 and codes 152 and \
            153 stand for the configured numbers if the operator changed them. Directed broadcasts, GRE keys, \
            sessions with timestamps and captures taken on the sending host cannot be configured: where a rule \
            speaks of them, nothing is. A key is that of an SPI in all sessions.",
    },
    Definition {
        id: "D2",
        words: &["RRQ", "RRP", "hdr", "HA code"],
        text: "\
            Messages. RRQ = UDP payload to port 434 whose first octet is 1 (fixed part 24 octets); RRP = UDP \
            payload from or to port 434 whose first octet is 3 (fixed part 20 octets). IP fragments are \
            reassembled first; a message found inside a tunnel is not evaluated as a message (but see UDPT-005). \
            RRQ octet 1, most significant bit first: S B D M G r T x, written hdr.S ... hdr.x so that hdr.B is \
            not confused with the B flag of the Multipath extension. ID is the 64-bit Identification, ID.hi and \
            ID.lo its halves. Code groups: accepted = 0 or 1; HA codes = 0, 1, 128-192; FA codes = 64-127 and \
            193-200.",
    },
    Definition {
        id: "D3",
        words: &["walk"],
        text: "\
            Extension walk. Type 0 is one octet. Types 36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 139 and 154 have \
            a 4-octet header (Type, Sub-Type or Reserved, 16-bit Length); every other type has a 2-octet header \
            (Type, 8-bit Length). Length counts what follows the header. An extension is \"before\" another when \
            its Type octet has the smaller offset. \"Type N/M\" means Type N with Sub-Type M. When EXT-001 fires \
            the walk stops and rules about later extensions are not evaluated for that message. Known types: 0, \
            32-34, 36-38, 40-50, 128-134, 136-142, 144, 145, 147-149, 151-154, 255.",
    },
    Definition {
        id: "D4",
        words: &["AE"],
        text: "\
            AE (authorization-enabling extension) = Type 32, or Type 36 Sub-Type 1. MHAE = Type 32, MFAE = Type \
            33, FHAE = Type 34.",
    },
    Definition {
        id: "D5",
        words: &["HA leg", "FA leg"],
        text: "\
            Legs. HA leg: an RRQ whose IP destination equals its Home Agent field, or is broadcast, or any RRQ \
            whose Home Agent field is 0.0.0.0 or 255.255.255.255; an RRP whose IP source equals its Home Agent \
            field, or which has the session and ID.lo of an RRQ of the last T_PAIR that was seen on the HA leg \
            only. Every other RRQ/RRP is on the FA leg (mobile node to or from a foreign agent). The same RRQ \
            may be seen once on each leg.",
    },
    Definition {
        id: "D6",
        words: &["MP", "FB", "FORWARD list"],
        text: "\
            MP = an extension of Type 154 Sub-Type 1 in an RRQ. Its four data octets are If-ATT, If-Label, BID \
            and flags; MP.B is flags mask 0x80, MP.O 0x40, reserved mask 0x3F. The RRQ has a \"usable MP\" when \
            it holds exactly one MP, that MP has Length 4, and its BID is 1-254. Rules that say \"whose MP has \
            Length 4\" are evaluated for every such MP. FB = an extension of Type 154 Sub-Type 2 in an RRQ or \
            RRP: Action, BID Count N, N BIDs, TS Format, selector (the rest). Reference layout of the selector: \
            it begins with the 32-bit flags word of RFC 6088 directly after TS Format, flag A being the most \
            significant bit, and the flagged fields follow in letter order without padding (see TS-013 for other \
            readings). A FORWARD list is the BID list of an FB with Action 1 that breaks none of FB-001, FB-004 \
            and FB-005.",
    },
    Definition {
        id: "D7",
        words: &["session"],
        text: "\
            Session = (home agent address, mobile identity). Identity is the Home Address; when that is 0 in the \
            RRQ it is the NAI (Type 131) until an accepted RRP assigns an address, after which both name the \
            same session.",
    },
    Definition {
        id: "D8",
        words: &["answering"],
        text: "\
            Exchange. RRP r answers RRQ q when both name the same identity (D7), q.ID.lo = r.ID.lo and 0 <= \
            r.time - q.time <= T_PAIR; with several candidates take the latest q, preferring one on r's leg. If \
            r's identity is unknown, the reversed IP/UDP 4-tuple replaces it in this test. The first reply \
            decides the exchange; later ones change no state (see EXCH-015). The home agent of an exchange is \
            the RRP's Home Agent field, before the reply the RRQ's.",
    },
    Definition {
        id: "D9",
        words: &["live", "BID-keyed", "tunnel endpoint"],
        text: "\
            Reference binding table, updated when an accepted RRP answers q. g = min(q.Lifetime, r.Lifetime); \
            65535 = infinite; expiry = r.time + g. q.Lifetime = 0 or g = 0: with a usable MP remove the binding \
            of that BID, or every binding if MP.B = 1; without one remove every binding if q's Care-of Address = \
            Home Address, else the bindings with that Care-of Address. otherwise with a usable MP: if MP.O = 1 \
            remove every other binding; remove any binding that has no BID; store the binding under the BID \
            (BID-keyed) with Care-of Address, If-ATT, If-Label, header flags and expiry; if MP.B = 1 also give \
            every other live binding this expiry. Code 1 is treated like code 0 (but see EXCH-003). otherwise: \
            remove every binding unless hdr.S = 1 and code 0; store one without a BID. A Registration Revocation \
            (Type 7) acknowledged by a Type 15 removes the binding it names. A binding is live until removed, or \
            until expiry. The tunnel endpoint of a binding is its Care-of Address; when UDP tunnelling was \
            granted (Type 44, Reply Code 0-63) it is the IP source address and UDP source port of q.",
    },
    Definition {
        id: "D10",
        words: &["anchored"],
        text: "\
            [anchored] marks rules that need the whole binding table. They are evaluated for a session only if \
            the option assume_cold_start is on (nothing was registered before the capture began; reference \
            default: on for capture files, off for live capture), or else from the first accepted exchange that \
            had MP.O = 1, removed every binding, or had no MP with hdr.S = 0.",
    },
    Definition {
        id: "D11",
        words: &["in force", "chosen BID", "exhausted"],
        text: "\
            Policy in force. FBs of an accepted exchange with q.Lifetime > 0 that break none of FB-001..FB-005, \
            FB-008 and TS-005 update the policy of the session, those of the request first, then those of the \
            reply, in order of appearance. A rule is identified by TS Format and normalised selector (flags word \
            with reserved bits cleared, fields, DS/TC without their low 2 bits): a known one keeps its place and \
            takes the new Action and BID list, a new one is appended. Rules stay until no binding of the session \
            is live. An FB with TS Format 3-255 keeps a place but never matches. The first rule whose selector \
            matches decides. DROP (0) = discard. FORWARD (1) = use the first BID of the list that is live \
            (\"chosen BID\"); if none is live the rule is exhausted.",
    },
    Definition {
        id: "D12",
        words: &["downlink", "uplink"],
        text: "\
            Orientation. RFC 6088 describes packets from the correspondent to the mobile node as the home agent \
            sees them before encapsulation: source = correspondent, destination = home address. downlink = outer \
            source is the home agent: compare fields as written. uplink = outer destination is the home agent: \
            swap source and destination address and port ranges before comparing; a selector with SPI fields \
            does not match uplink. TS Format 1 matches only IPv4, TS Format 2 only IPv6 packets; absent fields \
            match anything. DS/TC compare the upper 6 bits. Port fields match only TCP, UDP, UDP-Lite, SCTP, \
            DCCP; SPI fields only ESP and AH. A non-first fragment matches no port or SPI field; the TUN policy \
            rules skip it if a rule tried up to and including the deciding one has such a field.",
    },
    Definition {
        id: "D13",
        words: &["data packet", "far end"],
        text: "\
            Data packet = IPv4 packet with protocol 4, 47, 55 or 41, or UDP port 434 payload of message type 4, \
            one of whose outer addresses is a home agent address of a known session. The other outer address \
            (with UDP port if UDP) is the far end. inner = the packet after one decapsulation; if inner is again \
            a tunnel between the home agent and a home address, payload = the packet inside that, otherwise \
            payload = inner. The packet belongs to session S when the payload's (or inner's) destination \
            (downlink) or source (uplink) is S's home address or in a mobile network or IPv6 prefix accepted for \
            S. \"The binding\" of a data packet is the live binding of S whose tunnel endpoint is the far end; \
            if several qualify, the test must hold for each.",
    },
    Definition {
        id: "D14",
        words: &["settled"],
        text: "\
            settled = no accepted exchange, removal or expiry of a binding in that session within GRACE before \
            or after the packet (so the decision is taken GRACE later).",
    },
    Definition {
        id: "D15",
        words: &["once per"],
        text: "\
            Copies. An IP packet identical in addresses, IP identification and payload to one seen less than 0.5 \
            s earlier is a capture duplicate and is ignored. Retransmissions are evaluated like any other \
            message. \"Once per X\" limits repetition. Unless a rule says otherwise it is evaluated for every \
            packet.",
    },
    Definition {
        id: "D16",
        words: &["timestamp style"],
        text: "\
            An RRQ is timestamp style when its ID.hi, read as NTP seconds, lies within 86400 s of the capture \
            clock.",
    },
];
