//! A message in one line: which node, for how long, with which binding and which policy.

use std::fmt::{self, Display, Formatter};

use super::{Look, Palette};
use crate::counted::counted;
use crate::dotted::dotted;
use crate::net::{Checksum, FlowFacts, UdpTunnel};
use crate::trace::SeenMessage;
use crate::wire::{
    Content, DualStack, Extension, FlowBinding, Header, IpProtocol, KeyRing, MobileNetwork,
    RegistrationReply, RegistrationRequest, ReplyCode, TunnelData, Verdict, Verifier,
};

/// A message without its frame number, time and endpoints.
pub(super) struct MessageLine<'r, 'a> {
    /// The message.
    pub seen: &'r SeenMessage<'a>,
    /// The keys that verify its authenticators.
    pub keys: &'r KeyRing,
    /// Colours and characters.
    pub look: &'r Look,
}

impl Display for MessageLine<'_, '_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let message = &self.seen.message;
        match &message.header {
            Header::Request(request) => self.request(formatter, request)?,
            Header::Reply(reply) => self.reply(formatter, reply)?,
            Header::TunnelData(data) => self.tunnel_data(formatter, data)?,
            Header::Revocation(revocation) => write!(
                formatter,
                "REV  {} home agent {} care-of {}",
                revocation.home_address, revocation.home_domain_address, revocation.foreign_domain_address
            )?,
            Header::RevocationAcknowledgement(acknowledgement) => {
                write!(formatter, "REVA {}", acknowledgement.home_address)?;
            }
            Header::Other(kind) | Header::Short(Some(kind), _) => {
                let octets = counted(message.octets.len(), "octet");
                write!(formatter, "{} (type {}), {octets}", kind.title(), kind.0)?;
            }
            Header::Short(None, _) => formatter.write_str("empty datagram")?,
        }
        let mut verifier = self.keys.verifier(message.octets);
        for extension in message.extensions() {
            self.extension(formatter, &extension, &mut verifier)?;
        }
        self.complaints(formatter)
    }
}

impl MessageLine<'_, '_> {
    fn request(&self, formatter: &mut Formatter<'_>, request: &RegistrationRequest) -> fmt::Result {
        let address = self.look.palette.address;
        write!(formatter, "RRQ  {address}{}{address:#}", dotted(request.home_address))?;
        match request.lifetime {
            0 => write!(formatter, " de-registers {}", dotted(request.care_of_address))?,
            lifetime => {
                write!(formatter, " at {} for {}", dotted(request.care_of_address), Seconds(lifetime))?;
            }
        }
        if request.flags.0 != 0 {
            write!(formatter, " [{}]", request.flags.letters().collect::<String>())?;
        }
        Ok(())
    }

    fn reply(&self, formatter: &mut Formatter<'_>, reply: &RegistrationReply) -> fmt::Result {
        let Palette { address, good, bad, .. } = self.look.palette;
        write!(formatter, "RRP  {address}{}{address:#} ", dotted(reply.home_address))?;
        let name = reply.code.name(self.seen.message.numbers());
        match reply.code {
            ReplyCode::ACCEPTED => write!(formatter, "{good}{name}{good:#}")?,
            code if code.is_accepted() => write!(formatter, "{good}{name}{good:#} ({})", code.0)?,
            code => return write!(formatter, "{bad}denied {} {name}{bad:#}", code.0),
        }
        write!(formatter, "{}", Granted(reply.lifetime))
    }

    fn tunnel_data(&self, formatter: &mut Formatter<'_>, data: &TunnelData<'_>) -> fmt::Result {
        formatter.write_str("DATA ")?;
        let inner = UdpTunnel::of(&self.seen.datagram).and_then(|tunnel| tunnel.peeled?.inner);
        let Some(facts) = inner.as_ref().map(FlowFacts::of) else {
            let octets = counted(data.packet.len(), "octet");
            return write!(formatter, "next header {}, {octets}", data.next_header.0);
        };
        let key = facts.key;
        match IpProtocol(key.protocol).name() {
            Some(name) => formatter.write_str(name)?,
            None => write!(formatter, "protocol {}", key.protocol)?,
        }
        write!(
            formatter,
            " {} {} {}, {}",
            key.source_end(),
            self.look.glyphs.arrow,
            key.destination_end(),
            counted(facts.length, "octet")
        )
    }

    fn extension(
        &self,
        formatter: &mut Formatter<'_>,
        extension: &Extension<'_>,
        verifier: &mut Verifier<'_, '_>,
    ) -> fmt::Result {
        let glyphs = self.look.glyphs;
        let between = Between(self.look);
        match extension.content() {
            Ok(Content::Padding) => Ok(()),
            Ok(Content::Multipath(multipath)) => {
                write!(formatter, "{between}BID {}", multipath.bid)?;
                match multipath.access_technology.name() {
                    Some(name) => write!(formatter, " {name}")?,
                    None => write!(formatter, " access {}", multipath.access_technology.0)?,
                }
                write!(formatter, " label {}", multipath.label)?;
                formatter.write_str(if multipath.bulk { " BULK" } else { "" })?;
                formatter.write_str(if multipath.overwrite { " OVERWRITE" } else { "" })
            }
            Ok(Content::FlowBinding(flow)) => write!(formatter, "{between}{}", FlowRule(&flow)),
            Ok(Content::Nai(nai)) => write!(formatter, "{between}{}", glyphs.nai(nai.0)),
            Ok(Content::MessageString(string)) => {
                write!(formatter, "{between}\"{}\"", glyphs.text(string.text))
            }
            Ok(Content::Authentication(authentication)) => {
                write!(formatter, "{between}{} SPI {}", extension.name(), authentication.spi)?;
                self.verdict(formatter, verifier.verify(extension))
            }
            Ok(Content::UdpTunnelReply(reply)) => {
                let granted = if reply.is_granted() { "granted" } else { "declined" };
                write!(formatter, "{between}UDP tunnel {granted}")
            }
            Ok(Content::UdpTunnelRequest(request)) => {
                let force = if request.force { ", forced" } else { "" };
                write!(formatter, "{between}UDP tunnel asked for{force}")
            }
            Ok(Content::MobileNetwork(network)) => match network {
                MobileNetwork::Request { prefix_length, prefix } => {
                    write!(formatter, "{between}network {prefix}/{prefix_length}")
                }
                MobileNetwork::Acknowledgement { code, prefix_length, prefix, .. } => {
                    write!(formatter, "{between}network {prefix}/{prefix_length} ")?;
                    write!(formatter, "{}", code.name().unwrap_or("unassigned code"))
                }
            },
            Ok(Content::DualStack(dual_stack)) => match dual_stack {
                DualStack::PrefixRequest { prefix_length, prefix } => {
                    write!(formatter, "{between}prefix {prefix}/{prefix_length}")
                }
                DualStack::PrefixReply { code, prefix_length, prefix, .. } => {
                    write!(formatter, "{between}prefix {prefix}/{prefix_length} ")?;
                    write!(formatter, "{}", code.name().unwrap_or("unassigned code"))
                }
                DualStack::TunnelingMode { .. } => write!(formatter, "{between}IPv6 to the care-of address"),
            },
            Ok(Content::DynamicHomeAgent(dynamic)) => {
                write!(formatter, "{between}dynamic home agent {}", dynamic.home_agent)
            }
            Ok(Content::GreKey(key)) => write!(formatter, "{between}GRE key 0x{:08x}", key.key),
            Ok(Content::Opaque(_)) if extension.name() == "unknown" => {
                write!(formatter, "{between}unknown extension {}", extension.kind.0)
            }
            Ok(_) => write!(formatter, "{between}{}", extension.name()),
            Err(malformed) if malformed.is_fault() => {
                let bad = self.look.palette.bad;
                write!(formatter, "{between}{bad}{} malformed: {malformed}{bad:#}", extension.name())
            }
            Err(_) => write!(formatter, "{between}{} (cut)", extension.name()),
        }
    }

    fn verdict(&self, formatter: &mut Formatter<'_>, verdict: Option<Verdict>) -> fmt::Result {
        if self.keys.is_empty() {
            return Ok(());
        }
        let Palette { good, doubtful, bad, .. } = self.look.palette;
        match verdict {
            Some(Verdict::Valid) => write!(formatter, " {good}valid{good:#}"),
            Some(Verdict::Invalid) => write!(formatter, " {bad}INVALID{bad:#}"),
            Some(Verdict::NoKey) => write!(formatter, " {doubtful}no key{doubtful:#}"),
            None => Ok(()),
        }
    }

    fn complaints(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Palette { doubtful, bad, .. } = self.look.palette;
        // An extension that runs past the end was already reported with the extensions.
        if let Header::Short(_, malformed) = self.seen.message.header
            && malformed.is_fault()
        {
            write!(formatter, "  {bad}malformed: {malformed}{bad:#}")?;
        }
        if self.seen.is_truncated() {
            write!(formatter, "  {doubtful}cut by the snapshot length{doubtful:#}")?;
        }
        if let Checksum::Wrong { found, computed } = self.seen.datagram.checksum() {
            write!(
                formatter,
                "  {doubtful}UDP checksum 0x{found:04x} is wrong, 0x{computed:04x} is right{doubtful:#}"
            )?;
        }
        Ok(())
    }
}

/// The separator before each extension.
struct Between<'r>(&'r Look);

impl Display for Between<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let quiet = self.0.palette.quiet;
        write!(formatter, "{quiet} {} {quiet:#}", self.0.glyphs.between)
    }
}

/// A flow rule as `send` reads it: `forward 1,2: proto udp dport 5060`.
pub(super) struct FlowRule<'r, 'a>(pub &'r FlowBinding<'a>);

impl Display for FlowRule<'_, '_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self(flow) = self;
        match flow.action.name() {
            Some(name) => formatter.write_str(name)?,
            None => write!(formatter, "action {}", u8::from(flow.action))?,
        }
        if flow.action.name() != Some("drop") {
            for (index, bid) in flow.bids.iter().enumerate() {
                write!(formatter, "{}{bid}", if index == 0 { " " } else { "," })?;
            }
        }
        match flow.selector {
            Some(selector) => write!(formatter, ": {selector}"),
            None => write!(formatter, ": selector of format {}", flow.ts_format),
        }
    }
}

/// The lifetime in seconds that an accepting reply grants, as text to follow its code.
pub(super) struct Granted(pub u16);

impl Display for Granted {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Whatever was asked for, the node has no binding afterwards (RFC 5944 §3.4).
            0 => formatter.write_str(", de-registered"),
            lifetime => write!(formatter, " for {}", Seconds(lifetime)),
        }
    }
}

/// A lifetime in seconds; 65535 never ends.
pub(super) struct Seconds(pub u16);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            u16::MAX => formatter.write_str("ever"),
            seconds => write!(formatter, "{seconds} s"),
        }
    }
}
