//! The default filter of a live capture.

use pcap::{Activated, Capture};

/// Matches a UDP fragment but the first: the fragment offset, in octets 6 and 7 of the IPv4 header, is not 0.
const IS_LATER_FRAGMENT: &str = "(ip proto 17 and ip[6:2] & 0x1fff != 0)";

/// Matches PPPoE sessions, MPLS, and VLAN tags of an old number (0x9200). All these frames pass, because the words that
/// look inside (`pppoes` and `mpls`) hold to the end of the expression, as `vlan` does, and so cannot be combined with
/// it.
const PASSED_WHOLE: &str =
    "ether proto 0x8864 or ether proto 0x8847 or ether proto 0x8848 or ether proto 0x9200";

/// A filter for registrations and data in UDP, for tunnels, and for the later fragments of both, without VLAN tags.
fn untagged(ports: &[u16]) -> String {
    // 4 is IP in IP, 41 IPv6 in IPv4, 47 GRE, 55 Minimal Encapsulation. Every fragment of these packets names the
    // protocol, but only the first fragment of a UDP datagram has the ports.
    let mut terms = vec!["ip proto 4 or ip proto 41 or ip proto 47 or ip proto 55".to_owned()];
    terms.extend(ports.iter().map(|port| format!("udp port {port}")));
    terms.push(IS_LATER_FRAGMENT.to_owned());
    terms.join(" or ")
}

/// As [`untagged`], with up to two tags, and all frames with more tags. Terms after `vlan` are matched behind that tag,
/// to the end of the expression. Therefore the terms without a tag come first, and each further tag is nested in the
/// one before.
fn tagged(ports: &[u16]) -> String {
    let terms = format!("{} or {PASSED_WHOLE}", untagged(ports));
    format!("{terms} or (vlan and ({terms} or (vlan and ({terms} or vlan))))")
}

/// As [`untagged`], and all frames with a tag. For cooked frames the language cannot look behind a tag; the kernel has
/// already removed the tag of most of them.
fn with_all_tagged(ports: &[u16]) -> String {
    let tags = "ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100";
    format!("{} or {PASSED_WHOLE} or {tags}", untagged(ports))
}

/// The narrowest expression that loses nothing on the link type of `capture`.
pub(super) fn default_for<A: Activated + ?Sized>(capture: &Capture<A>, ports: &[u16]) -> String {
    let expressions = [tagged(ports), with_all_tagged(ports)];
    // Frames of tunnel interfaces have no tags, and a filter for them cannot ask for tags.
    let makes_sense = |expression: &String| capture.compile(expression, true).is_ok();
    expressions.into_iter().find(makes_sense).unwrap_or_else(|| untagged(ports))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Frame, FrameFilter, LinkType};
    use crate::time::{Precision, Timestamp};

    /// Whether the filter lets an Ethernet frame through: these tags (TPID and rest), then an IPv4 packet.
    fn passes(tags: &[[u8; 2]], protocol: u8, fragment: u16, ports: [u16; 2]) -> bool {
        let mut data = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        for tag in tags {
            data.extend([tag[0], tag[1], 0, 7]);
        }
        let [high, low] = fragment.to_be_bytes();
        data.extend([8, 0, 0x45, 0, 0, 28, 0, 0, high, low, 64, protocol, 0, 0]);
        data.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        data.extend(ports.map(u16::to_be_bytes).as_flattened());
        data.extend([0, 8, 0, 0]);
        let frame = Frame {
            number: 1,
            file: 0,
            time: Timestamp::default(),
            precision: Precision::NANOSECONDS,
            link_type: LinkType::ETHERNET,
            original_length: u32::try_from(data.len()).unwrap(),
            data: &data,
        };
        FrameFilter::new(&tagged(&[434, 5434])).unwrap().matches(&frame).unwrap()
    }

    #[test]
    fn registrations_tunnels_and_fragments_pass_with_and_without_tags() {
        const C_TAG: [u8; 2] = [0x81, 0];
        const S_TAG: [u8; 2] = [0x88, 0xa8];
        for tags in [&[][..], &[C_TAG], &[S_TAG], &[S_TAG, C_TAG], &[C_TAG, C_TAG]] {
            assert!(passes(tags, 17, 0, [1024, 434]), "a request, {tags:?}");
            assert!(passes(tags, 17, 0, [5434, 1024]), "a reply from the other port, {tags:?}");
            assert!(!passes(tags, 17, 0, [53, 1024]), "something else, {tags:?}");
            assert!(!passes(tags, 6, 0, [434, 434]), "TCP, {tags:?}");
            for tunnel in [4, 41, 47, 55] {
                assert!(passes(tags, tunnel, 0, [0, 0]), "protocol {tunnel}, {tags:?}");
                assert!(passes(tags, tunnel, 0x00b9, [0, 0]), "its last fragment, {tags:?}");
            }
            assert!(passes(tags, 17, 0x20b9, [9, 9]), "a fragment between, {tags:?}");
            assert!(passes(tags, 17, 0x00b9, [9, 9]), "the last fragment, {tags:?}");
            assert!(!passes(tags, 17, 0x2000, [9, 9]), "the first fragment of something else, {tags:?}");
            assert!(!passes(tags, 17, 0x4000, [9, 9]), "don't fragment is no fragment, {tags:?}");
        }
    }
}
