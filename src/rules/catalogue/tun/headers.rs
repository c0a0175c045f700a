//! Headers of encapsulations (TUN).

use crate::rules::facts::Carried;
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject};

/// Inner Don't-Fragment not carried to the outer header.
pub static TUN_016: Rule = Rule {
    id: "TUN-016",
    title: "Inner Don't-Fragment not carried to the outer header",
    level: Level::Must,
    source: "RFC 2003 §3.1, §5.1; RFC 3519 §4.2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires, once per binding and direction, on a data packet with outer protocol 4 and an IPv4 inner \
        header, or with message type 4 and Next Header 4, whose inner DF is 1 and outer DF is 0. A first \
        outer fragment (MF = 1, offset 0) counts. GRE and minimal encapsulation are excluded.",
    why: "\
        Path MTU discovery fails: large packets are fragmented or lost inside the tunnel, and with several \
        paths of different MTU transfers stall.",
    example: "",
    check: Check::Packet(tun_016),
};

fn tun_016(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Encapsulated packet has inner TTL 0.
pub static TUN_017: Rule = Rule {
    id: "TUN-017",
    title: "Encapsulated packet has inner TTL 0",
    level: Level::Must,
    source: "RFC 2003 §3.1",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet whose inner IPv4 TTL or inner IPv6 Hop Limit is 0. Excludes protocol 55, \
        which has no inner header.",
    why: "\
        An encapsulator must discard such packets; seeing one means a broken forwarding path or a loop that \
        is being kept alive.",
    example: "",
    check: Check::Packet(tun_017),
};

fn tun_017(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// GRE header malformed.
pub static TUN_020: Rule = Rule {
    id: "TUN-020",
    title: "GRE header malformed",
    level: Level::Must,
    source: "RFC 2784 §2.2-2.6; RFC 2890 §2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet in GRE (protocol 47 or Next Header 47) when Version is not 0, any of bits 1, \
        4, 5 or 6-12 is set, or bit 0 (checksum) is set and Reserved1 is not 0 or the checksum over GRE \
        header and payload is wrong. Bits 2 (key) and 3 (sequence) are allowed. The checksum is skipped if \
        the capture is truncated.",
    why: "\
        Receivers must discard packets with the low flag bits set, and other bits hint at another GRE \
        flavour (PPTP, RFC 1701 routing) on this path.",
    example: "",
    check: Check::Packet(tun_020),
};

fn tun_020(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// GRE protocol type does not match the payload.
pub static TUN_021: Rule = Rule {
    id: "TUN-021",
    title: "GRE protocol type does not match the payload",
    level: Level::Must,
    source: "RFC 2784 §2.4, §3; RFC 5454 §3.3.2",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet in GRE when Protocol Type is 0x0800 and the payload's first nibble is not 4, \
        is 0x86DD and the nibble is not 6, is another value while the nibble is 4 or 6, or is 0x86DD \
        although no IPv6 prefix of the session was accepted.",
    why: "The exit point drops the packet or feeds it to the wrong stack.",
    example: "",
    check: Check::Packet(tun_021),
};

fn tun_021(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// GRE key changes or comes and goes within one tunnel.
pub static TUN_022: Rule = Rule {
    id: "TUN-022",
    title: "GRE key changes or comes and goes within one tunnel",
    level: Level::Note,
    source: "RFC 2890 §2.1",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        For each (session, binding, direction), fires on a data packet in GRE whose key value, or whose \
        key-present bit, differs from that of the previous GRE packet, unless an exchange of that binding \
        was accepted in between. If the operator configured the expected key, fires on any other value \
        instead.",
    why: "\
        The key separates subscribers behind one endpoint; a wrong one delivers packets to another \
        subscriber or to nobody.",
    example: "",
    check: Check::Packet(tun_022),
};

fn tun_022(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}

/// Minimal encapsulation header invalid.
pub static TUN_023: Rule = Rule {
    id: "TUN-023",
    title: "Minimal encapsulation header invalid",
    level: Level::Must,
    source: "RFC 2004 §3",
    subject: Subject::Any,
    scope: Scope::Traffic,
    fires: "\
        Fires on a data packet with protocol 55 (or Next Header 55) when (a) outer fragment offset is 0 and \
        the one's complement checksum over the 8 or 12 octet forwarding header is wrong or any of the 7 \
        reserved bits is set; or (b) outer fragment offset is not 0 and the payload starts with a forwarding \
        header whose checksum is right and whose original destination is the session's home address (minimal \
        encapsulation of a fragment).",
    why: "\
        The exit point rebuilds a wrong IP header or drops the packet; fragments cannot be carried by this \
        encapsulation at all.",
    example: "",
    check: Check::Packet(tun_023),
};

fn tun_023(_carried: &Carried<'_, '_>, _finder: &mut Finder<'_>) {}
