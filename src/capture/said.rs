//! What libpcap says when it cannot.

/// Its own words, without this program's around them.
pub(super) fn said(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}
