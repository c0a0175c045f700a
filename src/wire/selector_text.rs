//! Traffic selectors as text, which reports print and `send` reads back.
//!
//! A selector is a list of terms, each at most once: `src A[-B]` or `src A/n`, `dst ...`, `proto NAME-or-N[-N]`,
//! `sport N[-N]`, `dport N[-N]`, `ds N[-N]` (the 6-bit value), `spi N[-N]`, `label N[-N]` (IPv6). A selector without
//! terms is `any`. A range whose start is not on the wire is `?-N`. No packet is within such a range, so the whole
//! selector becomes `nothing (dport ?-N)`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

use super::digits::number;
use super::{Bounds, IpProtocol, SelectorFormat, TrafficSelector};
use crate::dotted::Address;

/// Why a text is not a selector.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectorTextError {
    /// A word that does not begin a term.
    #[error(
        "'{0}' is not the beginning of a term; terms are src, dst, proto, sport, dport, ds, spi and label"
    )]
    UnknownTerm(String),
    /// A term without a value.
    #[error("'{0}' has no value after it")]
    NoValue(String),
    /// A term that was already given.
    #[error("'{0}' is given twice")]
    Twice(String),
    /// A value that the term cannot have.
    #[error("'{value}' is not a value of '{term}': {expected}")]
    Value {
        /// The term.
        term: &'static str,
        /// What was given.
        value: String,
        /// What the term takes.
        expected: &'static str,
    },
    /// `nothing (...)` around terms that some packets can match.
    #[error(
        "a selector is nothing by a range without a start, as in 'nothing (dport ?-5060)', and '{0}' has none"
    )]
    Something(String),
    /// Both IPv4 and IPv6 addresses, or an IPv4 address with a flow label.
    #[error("a selector is for IPv4 or for IPv6, and this one asks for both")]
    BothFamilies,
}

impl fmt::Display for TrafficSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matches_nothing = self.lacks_a_start();
        if matches_nothing {
            formatter.write_str(NOTHING)?;
        }
        let mut terms = Terms { formatter, first: true };
        terms.address("src", self.source_address)?;
        terms.address("dst", self.destination_address)?;
        terms.protocol(self.protocol)?;
        terms.numbers("sport", self.source_port)?;
        terms.numbers("dport", self.destination_port)?;
        terms.numbers("ds", self.ds_bits())?;
        terms.numbers("spi", self.spi)?;
        terms.numbers("label", self.flow_label_bits())?;
        match (terms.first, matches_nothing) {
            (true, _) => formatter.write_str("any"),
            (false, true) => formatter.write_str(NOTHING_END),
            (false, false) => Ok(()),
        }
    }
}

impl FromStr for TrafficSelector {
    type Err = SelectorTextError;

    fn from_str(text: &str) -> Result<Self, SelectorTextError> {
        let mut selector = Self::any(SelectorFormat::Ipv4);
        let text = text.trim();
        if text == "any" {
            return Ok(selector);
        }
        let nothing = text.strip_prefix(NOTHING).and_then(|terms| terms.strip_suffix(NOTHING_END));
        let mut words = nothing.unwrap_or(text).split_whitespace();
        while let Some(term) = words.next() {
            let value = words.next().ok_or_else(|| SelectorTextError::NoValue(term.to_owned()));
            match term {
                "src" => once(&mut selector.source_address, term, addresses("src", value?)?)?,
                "dst" => once(&mut selector.destination_address, term, addresses("dst", value?)?)?,
                "proto" => once(&mut selector.protocol, term, protocols(value?)?)?,
                "sport" => once(&mut selector.source_port, term, numbers("sport", value?, PORT, u16::MAX)?)?,
                "dport" => {
                    once(&mut selector.destination_port, term, numbers("dport", value?, PORT, u16::MAX)?)?;
                }
                "ds" => {
                    let Bounds { start, end } = numbers("ds", value?, DS, 63u8)?;
                    let shift = |bound: Option<u8>| bound.map(|value| value << 2);
                    once(&mut selector.ds, term, Bounds { start: shift(start), end: shift(end) })?;
                }
                "spi" => once(&mut selector.spi, term, numbers("spi", value?, SPI, u32::MAX)?)?,
                "label" => {
                    once(&mut selector.flow_label, term, numbers("label", value?, LABEL, MOST_LABEL)?)?;
                }
                _ => return Err(SelectorTextError::UnknownTerm(term.to_owned())),
            }
        }
        // The format has to be set first: `lacks_a_start` looks only at the fields that the format has.
        selector.format = selector.family_asked_for()?;
        if nothing.is_some() && !selector.lacks_a_start() {
            return Err(SelectorTextError::Something(text.to_owned()));
        }
        Ok(selector)
    }
}

/// The text before the terms of a selector that matches nothing; [`NOTHING_END`] follows them.
const NOTHING: &str = "nothing (";
const NOTHING_END: &str = ")";
/// Stands for a start that is not on the wire.
const NO_START: &str = "?";

const PORT: &str = "a port or a range of ports, 0 to 65535";
const DS: &str = "a 6-bit DS value or a range of them, 0 to 63";
const SPI: &str = "an SPI or a range of them, 0 to 4294967295";
const LABEL: &str = "a flow label or a range of them, 0 to 16777215";
const MOST_LABEL: u32 = TrafficSelector::FLOW_LABEL;
const ADDRESS: &str = "an address, ADDRESS-ADDRESS or ADDRESS/LENGTH";
const PROTOCOL: &str = "a protocol name or number, or a range of them, 0 to 255";

impl TrafficSelector {
    /// Whether any field has an end but no start, so that no packet matches.
    fn lacks_a_start(&self) -> bool {
        self.bounds().any(|(_, bounds)| bounds.start.is_none())
    }

    fn family_asked_for(&self) -> Result<SelectorFormat, SelectorTextError> {
        let addresses = [
            self.source_address.start,
            self.source_address.end,
            self.destination_address.start,
            self.destination_address.end,
        ];
        let v4 = addresses.iter().flatten().any(IpAddr::is_ipv4);
        let v6 = addresses.iter().flatten().any(IpAddr::is_ipv6) || !self.flow_label.is_absent();
        match (v4, v6) {
            (true, true) => Err(SelectorTextError::BothFamilies),
            (_, true) => Ok(SelectorFormat::Ipv6),
            (_, false) => Ok(SelectorFormat::Ipv4),
        }
    }
}

/// Writes terms with a space between them.
struct Terms<'f, 'b> {
    formatter: &'f mut fmt::Formatter<'b>,
    first: bool,
}

impl Terms<'_, '_> {
    fn begin(&mut self, term: &str) -> fmt::Result {
        if !self.first {
            self.formatter.write_str(" ")?;
        }
        self.first = false;
        self.formatter.write_str(term)?;
        self.formatter.write_str(" ")
    }

    fn numbers<T: Copy + fmt::Display>(&mut self, term: &str, bounds: Bounds<T>) -> fmt::Result {
        if bounds.is_absent() {
            return Ok(());
        }
        self.begin(term)?;
        match bounds.start {
            Some(start) => start.fmt(self.formatter)?,
            None => self.formatter.write_str(NO_START)?,
        }
        let Some(end) = bounds.end else { return Ok(()) };
        self.formatter.write_str("-")?;
        end.fmt(self.formatter)
    }

    fn protocol(&mut self, bounds: Bounds<u8>) -> fmt::Result {
        match (bounds.start.and_then(|number| IpProtocol(number).name()), bounds.end) {
            (Some(name), None) => {
                self.begin("proto")?;
                self.formatter.write_str(name)
            }
            _ => self.numbers("proto", bounds),
        }
    }

    fn address(&mut self, term: &str, bounds: Bounds<IpAddr>) -> fmt::Result {
        let prefix = bounds.start.zip(bounds.end).and_then(|(start, end)| prefix_length(start, end));
        let bounds = Bounds { start: bounds.start.map(Address), end: bounds.end.map(Address) };
        match (bounds.start, prefix) {
            (Some(start), Some(length)) => {
                self.begin(term)?;
                write!(self.formatter, "{start}/{length}")
            }
            _ => self.numbers(term, bounds),
        }
    }
}

/// The prefix length if the range from `start` to `end` is a prefix; `None` otherwise and for a single address.
fn prefix_length(start: IpAddr, end: IpAddr) -> Option<u32> {
    let (low, high, width) = match (start, end) {
        (IpAddr::V4(low), IpAddr::V4(high)) => {
            (u128::from(u32::from(low)), u128::from(u32::from(high)), 32u32)
        }
        (IpAddr::V6(low), IpAddr::V6(high)) => (u128::from(low), u128::from(high), 128),
        _ => return None,
    };
    let host = low ^ high;
    let host_bits = 128u32.saturating_sub(host.leading_zeros());
    let is_prefix =
        host_bits > 0 && host == u128::MAX.checked_shr(128u32.saturating_sub(host_bits))? && low & host == 0;
    is_prefix.then(|| width.saturating_sub(host_bits))
}

fn once<T: Copy>(place: &mut Bounds<T>, term: &str, value: Bounds<T>) -> Result<(), SelectorTextError> {
    if !place.is_absent() {
        return Err(SelectorTextError::Twice(term.to_owned()));
    }
    *place = value;
    Ok(())
}

fn range<T: Copy>(
    term: &'static str,
    value: &str,
    expected: &'static str,
    one: impl Fn(&str) -> Option<T>,
) -> Result<Bounds<T>, SelectorTextError> {
    let bounds = match value.split_once('-') {
        Some((NO_START, end)) => one(end).map(|end| Bounds { start: None, end: Some(end) }),
        Some((start, end)) => one(start).zip(one(end)).map(|(start, end)| Bounds::range(start, end)),
        None => one(value).map(Bounds::single),
    };
    bounds.ok_or_else(|| SelectorTextError::Value { term, value: value.to_owned(), expected })
}

fn numbers<T: Copy + FromStr + PartialOrd>(
    term: &'static str,
    value: &str,
    expected: &'static str,
    most: T,
) -> Result<Bounds<T>, SelectorTextError> {
    range(term, value, expected, |word| number(word).filter(|number| *number <= most))
}

fn protocols(value: &str) -> Result<Bounds<u8>, SelectorTextError> {
    range("proto", value, PROTOCOL, |word| {
        IpProtocol::from_name(word).map(|protocol| protocol.0).or_else(|| number(word))
    })
}

fn addresses(term: &'static str, value: &str) -> Result<Bounds<IpAddr>, SelectorTextError> {
    let Some((address, length)) = value.split_once('/') else {
        return range(term, value, ADDRESS, |address| address.parse().ok());
    };
    let prefix = || -> Option<Bounds<IpAddr>> {
        let length: u32 = number(length)?;
        let host =
            |width: u32| width.checked_sub(length).map(|bits| u128::MAX.checked_shr(128 - bits).unwrap_or(0));
        match address.parse().ok()? {
            IpAddr::V4(address) => {
                let host = u32::try_from(host(32)?).ok()?;
                let low = u32::from(address) & !host;
                Some(bounds_of(Ipv4Addr::from(low).into(), Ipv4Addr::from(low | host).into()))
            }
            IpAddr::V6(address) => {
                let host = host(128)?;
                let low = u128::from(address) & !host;
                Some(bounds_of(Ipv6Addr::from(low).into(), Ipv6Addr::from(low | host).into()))
            }
        }
    };
    prefix().ok_or_else(|| SelectorTextError::Value { term, value: value.to_owned(), expected: ADDRESS })
}

/// A range, or a single address when both ends are the same.
fn bounds_of(start: IpAddr, end: IpAddr) -> Bounds<IpAddr> {
    if start == end { Bounds::single(start) } else { Bounds::range(start, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_as(text: &str, printed: &str) {
        let selector: TrafficSelector = text.parse().unwrap();
        assert_eq!(selector.to_string(), printed);
        assert_eq!(printed.parse::<TrafficSelector>().unwrap(), selector);
    }

    #[test]
    fn printed_text_reads_back() {
        reads_as("", "any");
        reads_as("any", "any");
        reads_as("dport 5060 proto udp", "proto udp dport 5060");
        reads_as("proto 17", "proto udp");
        reads_as("proto tcp-udp", "proto 6-17");
        reads_as("src 10.0.0.0/16 dst 10.1.0.1/32", "src 10.0.0.0/16 dst 10.1.0.1");
        reads_as("src 10.0.0.7/16", "src 10.0.0.0/16");
        reads_as("src 10.0.0.0-10.0.255.255", "src 10.0.0.0/16");
        reads_as("src 10.0.0.1-10.0.0.2", "src 10.0.0.1-10.0.0.2");
        reads_as("src 10.0.0.1-10.0.0.1", "src 10.0.0.1-10.0.0.1");
        reads_as("src 0.0.0.0/0", "src 0.0.0.0/0");
        reads_as("dst 2001:db8::/32 label 5-9", "dst 2001:db8::/32 label 5-9");
        reads_as("src ::/0", "src ::/0");
        reads_as("ds 46-46 spi 256 sport 1-2", "sport 1-2 ds 46-46 spi 256");
    }

    #[test]
    fn a_range_without_a_start_is_nothing() {
        reads_as("dport ?-5060", "nothing (dport ?-5060)");
        reads_as("nothing (proto udp sport ?-0)", "nothing (proto udp sport ?-0)");
        reads_as("nothing (label ?-7)", "nothing (label ?-7)");
        reads_as(
            "label ?-7 spi ?-9 ds ?-46 proto ?-udp dst ?-2001:db8::9 src 2001:db8::1",
            "nothing (src 2001:db8::1 dst ?-2001:db8::9 proto ?-17 ds ?-46 spi ?-9 label ?-7)",
        );
        let end_alone = Bounds { start: None, end: Some(5060) };
        assert_eq!("dport ?-5060".parse::<TrafficSelector>().unwrap().destination_port, end_alone);
    }

    #[test]
    fn six_bit_ds_fills_the_upper_bits() {
        let selector: TrafficSelector = "ds 46".parse().unwrap();
        assert_eq!(selector.ds, Bounds::single(0xb8));
    }

    #[test]
    fn the_format_follows_from_what_is_asked_for() {
        assert_eq!("label 1".parse::<TrafficSelector>().unwrap().format, SelectorFormat::Ipv6);
        assert_eq!("proto udp".parse::<TrafficSelector>().unwrap().format, SelectorFormat::Ipv4);
        assert_eq!("src 10.0.0.1 label 1".parse::<TrafficSelector>(), Err(SelectorTextError::BothFamilies));
    }

    #[test]
    fn faults_name_the_term() {
        let fault = |text: &str| text.parse::<TrafficSelector>().unwrap_err();
        assert_eq!(fault("port 5"), SelectorTextError::UnknownTerm("port".into()));
        assert_eq!(fault("dport"), SelectorTextError::NoValue("dport".into()));
        assert_eq!(fault("dport 5 dport 6"), SelectorTextError::Twice("dport".into()));
        assert_eq!(fault("dport ?-5 dport ?-6"), SelectorTextError::Twice("dport".into()));
        assert_eq!(fault("nothing (dport 5)"), SelectorTextError::Something("nothing (dport 5)".into()));
        assert_eq!(fault("nothing ()"), SelectorTextError::Something("nothing ()".into()));
        assert_eq!(fault("nothing (dport ?-5"), SelectorTextError::UnknownTerm("nothing".into()));
        for text in [
            "dport 65536",
            "ds 64",
            "src 10.0.0.0/33",
            "src ten",
            "proto 256",
            "proto foo",
            "sport 5-",
            "sport -5",
            "sport ?",
            "sport 5-?",
            "sport ?-?",
            "src ?/8",
        ] {
            assert!(matches!(fault(text), SelectorTextError::Value { .. }), "{text}");
        }
    }
}
