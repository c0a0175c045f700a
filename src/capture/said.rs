//! The error messages of libpcap.

/// The message of libpcap itself, without the words that the `pcap` crate adds.
pub(super) fn said(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}
