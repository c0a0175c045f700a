//! The filter: which rows are shown. One filter holds in all views.
//!
//! Terms are separated by blanks and all have to hold; a term is `key:value`, or any other text, which has to stand
//! somewhere in the row. Values are separated by commas, one of which has to hold. A `!` before a term turns it round.
//! A backslash before a blank, a comma or another one makes it part of what is asked for.

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use words::{escaped, split, unescaped};

use super::facts::Facts;
use super::whose::About;
use crate::report::Glyphs;
use crate::rules::{CATALOGUE, Finding, Level};
use crate::state::{Bid, BindingState, FlowView, Node, Prefix, Verdict};
use crate::watch::RecentMessage;

/// What can be asked for, for the prompt.
pub const HELP: &str = "node: state: verdict: finding: bid: or any text; !not, a,b = either";

/// A filter that holds for what is to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
    /// As it was typed, with one blank between terms.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    condition: Condition,
    negated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Node(Vec<Who>),
    State(Vec<State>),
    Verdict(Vec<Verdict>),
    Finding(Vec<What>),
    Bid(Vec<u8>),
    Text(String),
}

/// A node as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Address(Ipv4Addr),
    Prefix(Prefix),
    Nai(String),
    Part(String),
}

/// The state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Some binding of it is in this state.
    Binding(BindingState),
    /// It has no active binding.
    Unregistered,
    /// Its last request that was answered was denied.
    Denied,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Any,
    Level(Level),
    /// The beginning of a rule's name.
    Rule(String),
}

const STATES: [(&str, State); 8] = [
    ("active", State::Binding(BindingState::Active)),
    ("registered", State::Binding(BindingState::Active)),
    ("expired", State::Binding(BindingState::Expired)),
    ("deregistered", State::Binding(BindingState::Deregistered)),
    ("replaced", State::Binding(BindingState::Replaced)),
    ("revoked", State::Binding(BindingState::Revoked)),
    ("unregistered", State::Unregistered),
    ("denied", State::Denied),
];

const VERDICTS: [Verdict; 7] = [
    Verdict::Leaks,
    Verdict::Strays,
    Verdict::Exhausted,
    Verdict::PerPacket,
    Verdict::Conforms,
    Verdict::Moved,
    Verdict::PerFlow,
];

impl Filter {
    /// What a user typed; says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = split(text, char::is_whitespace);
        words.retain(|word| !word.is_empty());
        let terms = words.iter().map(|word| Term::parse(word)).collect::<Result<_, _>>()?;
        Ok(Self { terms, text: words.join(" ") })
    }

    /// What asks for a node by this NAI and no other, whatever is in it.
    pub fn of_nai(nai: &str) -> Result<Self, String> {
        Self::parse(&format!("node:={}", escaped(nai)))
    }

    /// Whether everything is shown.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    fn asks(&self, wanted: impl Fn(&Condition) -> bool) -> bool {
        self.terms.iter().any(|term| wanted(&term.condition))
    }

    fn holds(&self, each: impl Fn(&Condition) -> bool) -> bool {
        self.terms.iter().all(|term| each(&term.condition) != term.negated)
    }
}

impl Term {
    fn parse(word: &str) -> Result<Self, String> {
        let (negated, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let condition = match word.split_once(':') {
            Some(("node", values)) => Condition::Node(each(values, who)?),
            Some(("state", values)) => Condition::State(each(values, |value| state(&value.to_lowercase()))?),
            Some(("verdict", values)) => {
                Condition::Verdict(each(values, |value| verdict(&value.to_lowercase()))?)
            }
            Some(("finding", values)) => {
                Condition::Finding(each(values, |value| what(&value.to_lowercase()))?)
            }
            Some(("bid", values)) => Condition::Bid(each(values, bid)?),
            Some((key, _)) if is_key(key) => {
                return Err(format!("no key `{key}`; there are {HELP}"));
            }
            _ if word.is_empty() => return Err("`!` needs a term after it".to_owned()),
            _ => Condition::Text(unescaped(word).to_lowercase()),
        };
        Ok(Self { condition, negated })
    }
}

/// Whether a word before a colon is meant as a key. One of at most four hexadecimal digits begins an IPv6 address.
fn is_key(word: &str) -> bool {
    let is_of_an_address = word.len() <= 4 && word.chars().all(|character| character.is_ascii_hexdigit());
    !is_of_an_address && word.chars().all(|character| character.is_ascii_lowercase())
}

fn each<T>(values: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let values = split(values, |character| character == ',').into_iter();
    values.map(|value| parse(&unescaped(value))).collect()
}

fn who(value: &str) -> Result<Who, String> {
    let nai = value.strip_prefix('=');
    if nai.unwrap_or(value).is_empty() {
        return Err(
            "node: takes an address, a prefix such as 10.1.0.0/24, part of a NAI, or all of it after ="
                .to_owned(),
        );
    }
    if let Some(nai) = nai {
        return Ok(Who::Nai(nai.to_owned()));
    }
    // A NAI may have a slash, too; after an address there can only be the length of a prefix.
    if let Some((address, length)) = value.split_once('/')
        && let Ok(address) = address.parse::<Ipv4Addr>()
    {
        let length = length.parse().ok().filter(|bits| *bits <= 32);
        return length.map(|length| Who::Prefix(Prefix::covering(address.into(), length))).ok_or_else(|| {
            "node: a prefix is written as in 10.1.0.0/24, with a length from 0 to 32".to_owned()
        });
    }
    Ok(value.parse().map_or_else(|_| Who::Part(value.to_lowercase()), Who::Address))
}

fn state(value: &str) -> Result<State, String> {
    let known = STATES.iter().find(|(name, _)| *name == value);
    known.map(|(_, state)| *state).ok_or_else(|| {
        let names: Vec<&str> = STATES.iter().map(|(name, _)| *name).collect();
        format!("state: is one of {}", names.join(" "))
    })
}

fn verdict(value: &str) -> Result<Verdict, String> {
    VERDICTS.into_iter().find(|verdict| verdict.name() == value).ok_or_else(|| {
        let names: Vec<&str> = VERDICTS.iter().map(|verdict| verdict.name()).collect();
        format!("verdict: is one of {}", names.join(" "))
    })
}

fn what(value: &str) -> Result<What, String> {
    if let Some(level) = Level::ALL.into_iter().find(|level| level.name() == value) {
        return Ok(What::Level(level));
    }
    if value == "any" {
        return Ok(What::Any);
    }
    let start = value.to_ascii_uppercase();
    if !start.is_empty() && CATALOGUE.iter().any(|rule| rule.id.starts_with(&start)) {
        Ok(What::Rule(start))
    } else {
        Err("finding: is must, should, note, any, or a rule or the beginning of one, such as MP-004 or MP"
            .to_owned())
    }
}

fn bid(value: &str) -> Result<u8, String> {
    // What a message carries under 0 or 255 is of no binding, so that nothing could have them.
    let bid = value.parse().ok().and_then(Bid::new);
    bid.map(Bid::octet).ok_or_else(|| "bid: is a number from 1 to 254".to_owned())
}

impl Who {
    fn is(&self, home_address: Option<Ipv4Addr>, nai: Option<&[u8]>) -> bool {
        match self {
            Self::Address(address) => home_address == Some(*address),
            Self::Prefix(prefix) => home_address.is_some_and(|address| prefix.has(address.into())),
            Self::Nai(whole) => nai == Some(whole.as_bytes()),
            Self::Part(part) => {
                home_address.is_some_and(|address| address.to_string().contains(part))
                    || nai.is_some_and(|nai| String::from_utf8_lossy(nai).to_lowercase().contains(part))
            }
        }
    }
}

impl What {
    fn is(&self, finding: &Finding) -> bool {
        match self {
            Self::Any => true,
            Self::Level(level) => finding.level == *level,
            Self::Rule(start) => finding.rule.id.starts_with(start.as_str()),
        }
    }
}

/// Whom the findings accuse that each term asks for.
fn accused<'f>(filter: &'f Filter, facts: Facts<'f>) -> Vec<Accused<'f>> {
    let terms = filter.terms.iter().filter_map(|term| match &term.condition {
        Condition::Finding(wanted) => Some(wanted),
        _ => None,
    });
    terms
        .map(|wanted| {
            let mut accused = Accused {
                wanted,
                nodes: BTreeSet::new(),
                addresses: BTreeSet::new(),
                nais: BTreeSet::new(),
                frames: BTreeSet::new(),
            };
            for (number, finding) in facts.findings.iter() {
                if !wanted.iter().any(|what| what.is(finding)) {
                    continue;
                }
                accused.frames.insert(finding.place.frame);
                let Some(about) = facts.findings.about(number) else { continue };
                match about.node(facts) {
                    Some(node) => drop(accused.nodes.insert(node.birth)),
                    None => {
                        accused.addresses.extend(about.home_address);
                        accused.nais.extend(about.nai.as_deref());
                    }
                }
            }
            accused
        })
        .collect()
}

/// A filter at work: with what has to be known of all flows and findings.
pub struct Sieve<'f> {
    filter: &'f Filter,
    facts: Facts<'f>,
    /// Verdicts of the flows of each node, when the filter asks for them.
    verdicts: BTreeMap<u32, BTreeSet<Verdict>>,
    /// Nodes and frames of the findings that each of the filter's terms asks for.
    accused: Vec<Accused<'f>>,
    /// Places of nodes by home address, when findings are to be filtered by what their nodes are.
    places: BTreeMap<Ipv4Addr, u32>,
    /// Those of nodes by NAI, for what was found before they had a home address.
    named: BTreeMap<&'f [u8], u32>,
}

/// Whom the findings accuse that a term asks for.
struct Accused<'f> {
    wanted: &'f [What],
    /// Births of the nodes.
    nodes: BTreeSet<u32>,
    /// Home addresses of nodes that are not there any more, or never were.
    addresses: BTreeSet<Ipv4Addr>,
    /// The NAIs of those that had no home address.
    nais: BTreeSet<&'f [u8]>,
    frames: BTreeSet<u64>,
}

impl<'f> Sieve<'f> {
    /// The filter over these facts, for flows alone: what nodes, messages and findings need is left out.
    pub fn of_flows(filter: &'f Filter, facts: Facts<'f>) -> Self {
        Self {
            filter,
            facts,
            verdicts: BTreeMap::new(),
            accused: accused(filter, facts),
            places: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// The filter over these facts.
    pub fn new(filter: &'f Filter, facts: Facts<'f>) -> Self {
        let mut verdicts: BTreeMap<u32, BTreeSet<Verdict>> = BTreeMap::new();
        if filter.asks(|condition| matches!(condition, Condition::Verdict(_))) {
            for flow in (0..facts.observer.flow_places()).filter_map(|place| facts.observer.flow(place)) {
                verdicts.entry(flow.node).or_default().insert(flow.verdict);
            }
        }
        let mut sieve = Self { verdicts, ..Self::of_flows(filter, facts) };
        if facts.findings.is_empty() {
            return sieve;
        }
        if filter.asks(|condition| !matches!(condition, Condition::Finding(_) | Condition::Text(_))) {
            for place in 0..facts.observer.node_places() {
                let Some(node) = facts.observer.node(place) else { continue };
                sieve.places.extend(node.home_address.map(|address| (address, place)));
                sieve.named.extend(node.nai.as_deref().map(|nai| (nai, place)));
            }
        }
        sieve
    }

    fn accused(&self, wanted: &[What]) -> Option<&Accused<'f>> {
        self.accused.iter().find(|accused| accused.wanted == wanted)
    }

    /// Whether everything is shown.
    pub fn is_open(&self) -> bool {
        self.filter.is_empty()
    }

    /// Whether a node is shown.
    pub fn node(&self, place: u32, node: &Node) -> bool {
        self.filter.holds(|condition| match condition {
            Condition::Verdict(wanted) => self.has_verdict(place, wanted),
            Condition::Text(part) => node_text(node).to_lowercase().contains(part),
            other => self.is_of_node(other, node),
        })
    }

    /// Whether a flow is shown.
    pub fn flow(&self, flow: &FlowView, text: impl Fn() -> String) -> bool {
        let node = self.facts.observer.node(flow.node);
        self.filter.holds(|condition| match condition {
            Condition::Verdict(wanted) => wanted.contains(&flow.verdict),
            Condition::Bid(bids) => {
                flow.paths.iter().any(|path| path.bid.is_some_and(|bid| bids.contains(&bid.octet())))
            }
            Condition::Text(part) => text().to_lowercase().contains(part),
            other => node.is_some_and(|node| self.is_of_node(other, node)),
        })
    }

    /// Whether a message is shown.
    pub fn message(&self, message: &RecentMessage, text: impl Fn() -> String) -> bool {
        let node = message.node.and_then(|place| self.facts.observer.node(place));
        let frame = message.frame().number;
        self.filter.holds(|condition| match condition {
            Condition::Text(part) => text().to_lowercase().contains(part),
            Condition::Finding(wanted) => {
                self.accused(wanted).is_some_and(|accused| accused.frames.contains(&frame))
            }
            Condition::Verdict(wanted) => message.node.is_some_and(|place| self.has_verdict(place, wanted)),
            other => node.is_some_and(|node| self.is_of_node(other, node)),
        })
    }

    /// Whether a finding is shown that was about somebody when it was found.
    pub fn finding(&self, about: &About, finding: &Finding) -> bool {
        let nai = about.nai.as_deref();
        let own = about.node(self.facts).map(|node| node.place);
        let home = || finding.home_address.and_then(|address| self.places.get(&address)).copied();
        let place = own.or_else(home).or_else(|| self.named.get(nai?).copied());
        let node = place.and_then(|place| self.facts.observer.node(place));
        self.filter.holds(|condition| match condition {
            Condition::Finding(wanted) => wanted.iter().any(|what| what.is(finding)),
            Condition::Node(wanted) if node.is_none() => {
                wanted.iter().any(|who| who.is(finding.home_address, nai))
            }
            Condition::Text(part) => finding_text(finding, nai).contains(part),
            Condition::Verdict(wanted) => place.is_some_and(|place| self.has_verdict(place, wanted)),
            other => node.is_some_and(|node| self.is_of_node(other, node)),
        })
    }

    fn has_verdict(&self, place: u32, wanted: &[Verdict]) -> bool {
        self.verdicts.get(&place).is_some_and(|there| wanted.iter().any(|verdict| there.contains(verdict)))
    }

    fn is_of_node(&self, condition: &Condition, node: &Node) -> bool {
        match condition {
            Condition::Node(wanted) => {
                wanted.iter().any(|who| who.is(node.home_address, node.nai.as_deref()))
            }
            Condition::State(wanted) => wanted.iter().any(|state| match state {
                State::Binding(state) => node.bindings().iter().any(|binding| binding.state == *state),
                State::Unregistered => node.active().next().is_none(),
                State::Denied => node.denied.is_some(),
            }),
            Condition::Bid(bids) => {
                node.active().any(|binding| binding.bid().is_some_and(|bid| bids.contains(&Bid::octet(bid))))
            }
            Condition::Finding(wanted) => self.accused(wanted).is_some_and(|accused| {
                accused.nodes.contains(&node.birth())
                    || node.home_address.is_some_and(|address| accused.addresses.contains(&address))
                    || node.nai.as_deref().is_some_and(|nai| accused.nais.contains(nai))
            }),
            Condition::Verdict(_) | Condition::Text(_) => false,
        }
    }
}

/// A node in a line: what is copied of it, and what a filter looks through in small letters.
pub fn node_text(node: &Node) -> String {
    use std::fmt::Write as _;

    let mut text = String::new();
    // Writing to a String cannot fail.
    if let Some(address) = node.home_address {
        let _ = write!(text, "{address} ");
    }
    if let Some(nai) = &node.nai {
        let _ = write!(text, "{} ", Glyphs::UNICODE.text(nai));
    }
    let _ = write!(text, "{}", node.home_agent);
    for binding in node.bindings() {
        let _ = write!(text, " {}", binding.care_of_address);
    }
    for prefix in node.prefixes() {
        let _ = write!(text, " {prefix}");
    }
    text
}

/// What a search looks through in a finding, in small letters.
fn finding_text(finding: &Finding, nai: Option<&[u8]>) -> String {
    let Finding { rule, level, subject, message, .. } = finding;
    let nai = || nai.map(|nai| Glyphs::UNICODE.text(nai).to_string());
    let node = finding.home_address.map(|address| address.to_string()).or_else(nai).unwrap_or_default();
    format!("{} {} {} {node} {message}", rule.id, level.name(), subject.title()).to_lowercase()
}

#[cfg(test)]
mod tests;
