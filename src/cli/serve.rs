//! `mipflow serve`: a home agent for the lab.

mod output;
mod socket;

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Args, ValueEnum};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::interruption::ignores_hangup;
use super::keys::KeyOptions;
use super::numbers::NumberOptions;
use super::quantity::number;
use super::{Exit, Failure, Switch};
use crate::counted::counted;
use crate::craft::ReplayStyle;
use crate::craft::home_agent::{HomeAgent, Outcome, Settings, Tally};
use crate::state::Prefix;
use crate::time::Timestamp;
use crate::wall_clock::now;
use crate::wire::PORT;
use output::Output;
use socket::Socket;

const EXAMPLES: &str = "Examples:
  mipflow serve --listen 127.0.0.1:4434
  mipflow serve --listen 198.51.100.1 --key 256=text:SECRET --require-auth --home-prefix 10.1.0.0/16
  mipflow serve --listen 127.0.0.1:4434 --format ndjson | jq 'select(.record == \"node\")'";

/// Be a home agent for the lab: answer registration requests and keep bindings, but forward no traffic
///
/// It listens until it is interrupted, and installs neither routes nor tunnels.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    /// IPv4 address to listen on, 0.0.0.0 for all; the port is 434 by default, and 0 takes a free one
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = parse_endpoint)]
    listen: SocketAddrV4,

    #[command(flatten)]
    keys: KeyOptions,

    /// Refuse requests without an authenticator that one of the keys verifies, with code 131
    #[arg(long)]
    require_auth: bool,

    /// Whether nodes may have several care-of addresses; if off, those that ask get code 152
    #[arg(long, value_enum, default_value = "on")]
    multipath: Switch,

    /// Longest lifetime to grant, in seconds; 65535 never expires
    #[arg(long, value_name = "SECONDS", default_value_t = u16::MAX, value_parser = number::<u16>(1, 65_535))]
    max_lifetime: u16,

    /// Most bindings of one node; a request for one more gets code 135
    #[arg(long, value_name = "N", default_value_t = 254, value_parser = number::<u16>(1, 65_535))]
    max_bindings: u16,

    /// Home addresses to serve (repeatable); others get code 129, and nodes that have only a NAI are assigned one
    #[arg(long, value_name = "ADDR/LENGTH", value_parser = parse_prefix)]
    home_prefix: Vec<Prefix>,

    #[command(flatten)]
    numbers: NumberOptions,

    /// How replayed requests are recognised: by timestamp (at most 7 seconds from this clock) or by nonce (a number from
    /// the previous reply) [default: timestamp]
    #[arg(long, value_name = "STYLE")]
    replay: Option<ReplayStyle>,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: each message as decode shows it, and the nodes at the end
    #[default]
    Text,
    /// An exchange record for each request, a node record whenever its state changes
    Ndjson,
}

/// An IPv4 address, with or without a port.
fn parse_endpoint(text: &str) -> Result<SocketAddrV4, String> {
    text.parse::<SocketAddrV4>()
        .or_else(|_| text.parse::<Ipv4Addr>().map(|address| SocketAddrV4::new(address, PORT)))
        .map_err(|_| "it takes an IPv4 address, as in 127.0.0.1 or 127.0.0.1:4434".to_owned())
}

/// An IPv4 prefix; an address alone is a prefix of 32 bits. Bits beyond the length do not count.
fn parse_prefix(text: &str) -> Result<Prefix, String> {
    let (address, length) = text.split_once('/').unwrap_or((text, "32"));
    let address = address.parse::<Ipv4Addr>().ok();
    let length = length.parse::<u8>().ok().filter(|length| *length <= 32);
    match (address, length) {
        (Some(address), Some(length)) => Ok(Prefix::covering(address.into(), length)),
        _ => Err("it takes an IPv4 prefix, as in 10.1.0.0/16".to_owned()),
    }
}

/// The longest time to wait for a datagram before signals and expiries are looked at again.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long after a signal the program ends in any case, even if nobody reads its output.
const GRACE: Duration = Duration::from_millis(1_500);

impl Serve {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let keys = self.keys.ring()?;
        let numbers = self.numbers.numbers()?;
        let socket = Socket::bind(self.listen)?;
        let ended = on_signals()?;
        let refuses_all = self.require_auth && keys.is_empty();
        let mut agent = HomeAgent::new(Settings {
            keys: keys.clone(),
            require_auth: self.require_auth,
            multipath: self.multipath == Switch::On,
            max_lifetime: self.max_lifetime,
            max_bindings: self.max_bindings.into(),
            home_prefixes: self.home_prefix,
            replay: self.replay.unwrap_or_default(),
            numbers,
            seed: RandomState::new().hash_one(0u8),
        });
        let mut output = match self.format {
            Format::Text => Output::text(keys, numbers),
            Format::Ndjson => Output::ndjson(),
        };
        output.listening(socket.address())?;
        if refuses_all {
            // If standard error is closed, nobody wants to read this.
            let _ = writeln!(io::stderr(), "--require-auth without a --key refuses every request");
        }
        let unsent = serve(&socket, &mut agent, &mut output, &ended)?;
        output.finish(&agent)?;
        tell(agent.tally(), unsent, agent.observer().evictions().nodes);
        Ok(Exit::Done)
    }
}

/// Serves until a signal comes. Returns the number of replies that could not be sent.
fn serve(
    socket: &Socket,
    agent: &mut HomeAgent,
    output: &mut Output,
    ended: &AtomicBool,
) -> Result<u64, Failure> {
    let mut unsent = 0u64;
    let mut buffer = vec![0; socket::MOST];
    while !ended.load(Ordering::Relaxed) {
        let now = now();
        let received = match socket.take(&mut buffer, now)? {
            Some(received) => Some(received),
            // There is nothing to answer now, so the output is flushed.
            None => {
                output.flush()?;
                socket.wait(&mut buffer, patience(agent, now))?
            }
        };
        let time = received.as_ref().map_or_else(self::now, |received| received.time);
        for index in agent.expire(time) {
            output.expired(agent, index)?;
        }
        let Some(received) = received else { continue };
        if let Outcome::Taken(taken) = agent.receive(&received) {
            if let Some(octets) = taken.reply_octets()
                && !socket.send(taken.source, taken.destination, octets)
            {
                unsent = unsent.saturating_add(1);
            }
            output.taken(agent, &taken)?;
        }
    }
    Ok(unsent)
}

/// How long to wait for the next datagram: until something expires, but not for ever.
fn patience(agent: &HomeAgent, now: Timestamp) -> Duration {
    let left = agent.next_expiry().map(|expiry| expiry.since(now).max(0).unsigned_abs());
    // It expires when the clock is past it.
    left.map_or(PATIENCE, |left| PATIENCE.min(Duration::from_nanos(left) + Duration::from_millis(1)))
}

/// A flag that SIGINT, SIGTERM and SIGHUP raise; SIGHUP does not if the program was started by `nohup`.
fn on_signals() -> Result<Arc<AtomicBool>, Failure> {
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    let hangup = (!ignores_hangup()).then_some(SIGHUP);
    let signals = Signals::new([SIGINT, SIGTERM].into_iter().chain(hangup));
    let mut signals =
        signals.map_err(|error| Failure::io(format!("signals cannot be waited for: {error}"), None))?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            flag.store(true, Ordering::Relaxed);
            std::thread::sleep(GRACE);
            signal_hook::low_level::exit(0);
        }
    });
    Ok(ended)
}

/// Prints at the end what came in.
fn tell(tally: Tally, unsent: u64, forgotten: u64) {
    let Tally { requests, copies, accepted, denied, dropped, ignored } = tally;
    let came = format!(
        "{}: {accepted} accepted, {denied} denied, {copies} answered again, {dropped} dropped; {} ignored",
        counted(requests, "request"),
        counted(ignored, "datagram")
    );
    let lost = [
        (counted(unsent, "answer"), "could not be sent"),
        (counted(forgotten, "node"), "forgotten for want of room"),
    ];
    let lost = lost
        .into_iter()
        .filter(|(count, _)| !count.is_none())
        .map(|(count, what)| format!("; {count} {what}"));
    // If standard error is closed, nobody wants to read this.
    let _ = writeln!(io::stderr(), "{came}{}", lost.collect::<String>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_with_or_without_a_port() {
        assert_eq!(parse_endpoint("127.0.0.1").unwrap(), "127.0.0.1:434".parse().unwrap());
        assert_eq!(parse_endpoint("0.0.0.0:0").unwrap(), "0.0.0.0:0".parse().unwrap());
        for wrong in ["", "127.0.0.1:", "127.0.0.1:70000", "::1", "[::1]:434", "localhost"] {
            assert!(parse_endpoint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_prefix_is_an_address_and_a_length() {
        assert_eq!(parse_prefix("10.1.2.3/16").unwrap().to_string(), "10.1.0.0/16");
        assert_eq!(parse_prefix("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(parse_prefix("0.0.0.0/0").unwrap().to_string(), "0.0.0.0/0");
        for wrong in ["", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0/-1", "2001:db8::/32", "10.1/16"] {
            assert!(parse_prefix(wrong).is_err(), "{wrong}");
        }
    }
}
