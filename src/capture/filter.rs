//! Filters on frames, in libpcap's language.

use pcap::{BpfInstruction, BpfProgram, Capture, Linktype};
use thiserror::Error;

use super::said::said;
use super::{Frame, LinkType};

/// A filter expression, compiled by libpcap for each link type that turns up.
///
/// Terms that ask the kernel (`inbound`, `outbound`, `ifindex`) never match an Ethernet frame of a file, which does not
/// record the answer; cooked frames record it.
pub struct FrameFilter {
    expression: String,
    compiled: Vec<(LinkType, Result<Compiled, String>)>,
}

/// The expression, compiled for one link type.
struct Compiled {
    program: BpfProgram,
    /// Whether it looks at the length of frames. The `pcap` crate passes libpcap the captured length alone, which
    /// is not that length where a frame was cut.
    asks_length: bool,
}

/// A filter that libpcap cannot compile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FilterError {
    /// It is not an expression for any link type.
    #[error("the filter `{expression}` is not valid: {message}")]
    Invalid {
        /// The expression as given.
        expression: String,
        /// What libpcap said.
        message: String,
    },
    /// It is a valid expression, but asks for something that frames of this link type do not have.
    #[error("the filter `{expression}` cannot be applied to {link_type} frames: {message}")]
    LinkType {
        /// The expression as given.
        expression: String,
        /// The link type of the frames.
        link_type: LinkType,
        /// What libpcap said.
        message: String,
    },
    /// It looks at the length of frames, and the snapshot length cut this one.
    #[error(
        "the filter `{expression}` asks for lengths of frames, and frame #{frame} was cut when it was captured"
    )]
    Length {
        /// The expression as given.
        expression: String,
        /// Number of the frame.
        frame: u64,
    },
}

impl FilterError {
    /// What can be done about it.
    pub fn help(&self) -> String {
        match self {
            Self::Invalid { .. } => "the language is that of tcpdump, see `man pcap-filter`; \
                for example `udp port 434 or proto 4`"
                .to_owned(),
            Self::LinkType { .. } => {
                "leave out what belongs to another link type, or read the captures of each \
                link type on their own"
                    .to_owned()
            }
            Self::Length { .. } => {
                "in place of `len`, `greater` and `less`, compare the length in the IP header; \
                for example `ip[2:2] >= 500`"
                    .to_owned()
            }
        }
    }
}

/// Link types that together support every term that makes sense for the frames mipflow reads.
const TRIED: [LinkType; 3] = [LinkType::ETHERNET, LinkType::LINUX_SLL2, LinkType::RAW];

impl FrameFilter {
    /// Checks `expression`. It is an error if libpcap can compile it for no common link type.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        let mut compiled = Vec::new();
        for link_type in TRIED {
            let program = compile(expression, link_type);
            let usable = program.is_ok();
            compiled.push((link_type, program));
            if usable {
                return Ok(Self { expression: expression.to_owned(), compiled });
            }
        }
        let message = compiled.into_iter().find_map(|(_, program)| program.err()).unwrap_or_default();
        Err(FilterError::Invalid { expression: expression.to_owned(), message })
    }

    /// Whether `frame` passes. A frame of a link type that mipflow cannot read does not.
    ///
    /// It is an error, the same for every such frame, if the expression makes no sense for the frame's link type; and
    /// if it looks at the length of a frame that was cut.
    pub fn matches(&mut self, frame: &Frame<'_>) -> Result<bool, FilterError> {
        let link_type = match (frame.link_type, frame.data) {
            // A NULL header is in the byte order of the capturing host, which libpcap assumes to be that of this host.
            // In network order the header is the same as that of LOOP.
            (LinkType::NULL, [0, 0, ..]) => LinkType::LOOP,
            (link_type, _) => link_type,
        };
        if link_type.name().is_none() {
            return Ok(false);
        }
        let known = self.compiled.iter().position(|(compiled_for, _)| *compiled_for == link_type);
        let index = known.unwrap_or_else(|| {
            self.compiled.push((link_type, compile(&self.expression, link_type)));
            self.compiled.len().saturating_sub(1)
        });
        match self.compiled.get(index) {
            Some((_, Ok(compiled))) if compiled.asks_length && frame.is_cut() => {
                Err(FilterError::Length { expression: self.expression.clone(), frame: frame.number })
            }
            Some((_, Ok(compiled))) => Ok(compiled.program.filter(frame.data)),
            Some((_, Err(message))) => Err(FilterError::LinkType {
                expression: self.expression.clone(),
                link_type,
                message: message.clone(),
            }),
            None => Ok(false),
        }
    }
}

/// Compiles `expression` for frames of `link_type`.
fn compile(expression: &str, link_type: LinkType) -> Result<Compiled, String> {
    let compiled = Capture::dead(data_link(link_type)).and_then(|capture| capture.compile(expression, true));
    let program = compiled.map_err(said)?;
    let asks_length = program.get_instructions().iter().any(loads_length);
    Ok(Compiled { program, asks_length })
}

/// Whether an instruction loads the length of the frame into the accumulator or the index register.
fn loads_length(instruction: &BpfInstruction) -> bool {
    /// `BPF_LD | BPF_W | BPF_LEN` and `BPF_LDX | BPF_W | BPF_LEN`, in decimal.
    const CODES: [&str; 2] = ["128", "129"];
    // The fields are private, but the text is `code jt jf k`.
    let text = instruction.to_string();
    text.split(' ').next().is_some_and(|code| CODES.contains(&code))
}

/// libpcap's own number (DLT) of a link type, which differs from the one in files for raw IP.
fn data_link(link_type: LinkType) -> Linktype {
    /// `DLT_RAW` of every system but OpenBSD.
    const DLT_RAW: i32 = if cfg!(target_os = "openbsd") { 14 } else { 12 };
    Linktype(match link_type {
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => DLT_RAW,
        other => other.0.cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Precision, Timestamp};

    /// UDP from 192.0.2.1 port 1024 to 192.0.2.2 port 434, no payload.
    const PACKET: [u8; 28] =
        [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 4, 0, 1, 178, 0, 8, 0, 0];

    fn matches_of(
        expression: &str,
        link_type: LinkType,
        header: &[u8],
        original_length: u32,
    ) -> Result<bool, FilterError> {
        let data = [header, &PACKET].concat();
        let frame = Frame {
            number: 1,
            file: 0,
            time: Timestamp::default(),
            precision: Precision::MICROSECONDS,
            link_type,
            data: &data,
            original_length,
        };
        FrameFilter::new(expression)?.matches(&frame)
    }

    fn matches(expression: &str, link_type: LinkType, header: &[u8]) -> Result<bool, FilterError> {
        matches_of(expression, link_type, header, 0)
    }

    const ETHERNET: &[u8] = &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];

    #[test]
    fn is_compiled_for_each_link_type() {
        let cooked = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
        let cooked2 = [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        // The host's order for NULL, network order for LOOP.
        let null = 2_u32.to_ne_bytes();
        let headers: [(LinkType, &[u8]); 11] = [
            (LinkType::ETHERNET, ETHERNET),
            (LinkType::RAW, &[]),
            (LinkType::RAW_BSD, &[]),
            (LinkType::RAW_OPENBSD, &[]),
            (LinkType::IPV4, &[]),
            (LinkType::NULL, &null),
            (LinkType::NULL, &[0, 0, 0, 2]),
            (LinkType::LOOP, &[0, 0, 0, 2]),
            (LinkType::LINUX_SLL, &cooked),
            (LinkType::LINUX_SLL2, &cooked2),
            (LinkType::PPPOE, &[0x11, 0, 0, 1, 0, 30, 0, 0x21]),
        ];
        for (link_type, header) in headers {
            assert_eq!(matches("udp port 434", link_type, header), Ok(true), "{link_type:?}");
            assert_eq!(matches("udp port 435", link_type, header), Ok(false), "{link_type:?}");
        }
        assert_eq!(matches("", LinkType::ETHERNET, ETHERNET), Ok(true));
        assert_eq!(matches("udp", LinkType(147), ETHERNET), Ok(false));
    }

    #[test]
    fn lengths_of_cut_frames_are_not_guessed() {
        // 14 and 28 octets; of the cut frame there were 100.
        for (expression, passes) in [("greater 43", false), ("less 42", true), ("len = 42", true)] {
            assert_eq!(matches(expression, LinkType::ETHERNET, ETHERNET), Ok(passes), "{expression}");
            let cut = matches_of(expression, LinkType::ETHERNET, ETHERNET, 100);
            let expression = expression.to_owned();
            assert_eq!(cut, Err(FilterError::Length { expression, frame: 1 }));
        }
        assert_eq!(matches_of("udp port 434", LinkType::ETHERNET, ETHERNET, 100), Ok(true));
        assert_eq!(matches_of("ip[2:2] = 28", LinkType::ETHERNET, ETHERNET, 100), Ok(true));
    }

    #[test]
    fn says_what_libpcap_says() {
        let Err(FilterError::Invalid { expression, message }) = FrameFilter::new("udp prt 434").map(|_| ())
        else {
            panic!("it is no expression");
        };
        assert_eq!(expression, "udp prt 434");
        assert!(message.contains("syntax error"), "{message}");
        let error = matches("ether host 02:00:00:00:00:01", LinkType::RAW, &[]).unwrap_err();
        let FilterError::LinkType { expression, link_type: LinkType::RAW, message } = &error else {
            panic!("{error}");
        };
        assert_eq!(expression, "ether host 02:00:00:00:00:01");
        assert!(message.contains("ethernet"), "{message}");
        // A NUL octet cannot be passed to libpcap.
        assert!(FrameFilter::new("udp\0").is_err());
    }
}
