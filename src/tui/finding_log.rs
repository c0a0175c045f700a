//! What was found: the last findings, and how many there were.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::levels::Levels;
use crate::rules::{Finding, Findings, Level};
use crate::time::Timestamp;
use crate::watch::{Engine, RecentMessage};

/// The most packets that are kept.
const PACKETS: usize = 4_096;

/// The last findings, in the order they came, each with its number from 0. What falls out is counted. A copy shares
/// the findings.
#[derive(Clone, Debug)]
pub struct FindingLog {
    kept: VecDeque<(u64, Arc<Finding>)>,
    most: usize,
    total: u64,
    levels: Levels,
    /// How many of the kept ones are about each home address.
    nodes: BTreeMap<Ipv4Addr, Levels>,
    /// The NAIs of nodes that had no home address yet, by the number of the finding.
    nais: BTreeMap<u64, Arc<[u8]>>,
    /// How many of the kept ones are about each of those.
    named: BTreeMap<Arc<[u8]>, Levels>,
    /// Packets in tunnels that something was found about, by frame.
    packets: BTreeMap<u64, Arc<RecentMessage>>,
}

impl Default for FindingLog {
    fn default() -> Self {
        Self::new(Self::MOST)
    }
}

impl FindingLog {
    /// The most findings that are kept when nothing else is said.
    pub const MOST: usize = 1 << 15;

    /// Room for `most` findings.
    pub fn new(most: usize) -> Self {
        Self {
            kept: VecDeque::new(),
            most: most.max(1),
            total: 0,
            levels: Levels::default(),
            nodes: BTreeMap::new(),
            nais: BTreeMap::new(),
            named: BTreeMap::new(),
            packets: BTreeMap::new(),
        }
    }

    /// Adds a finding, and forgets the oldest where there is no room. `nai` is what its node has instead of a home
    /// address.
    fn push(&mut self, finding: Finding, nai: Option<&[u8]>) {
        let number = self.total;
        self.total = number.saturating_add(1);
        self.keep(number, Arc::new(finding), nai.map(Arc::from));
        while self.kept.len() > self.most {
            let Some((number, oldest)) = self.kept.pop_front() else { break };
            if let Some(address) = oldest.home_address {
                one_less(&mut self.nodes, &address, oldest.level);
            }
            if let Some(nai) = self.nais.remove(&number) {
                one_less(&mut self.named, &nai, oldest.level);
            }
        }
    }

    /// Adds what an engine just found, with the tunnelled packets it is about as far as they are still there.
    pub fn take(&mut self, findings: Vec<Finding>, engine: &Engine) {
        for finding in findings {
            let frame = finding.place.frame;
            if engine.messages().by_frame(frame).is_none() && !self.packets.contains_key(&frame) {
                self.packets.extend(engine.packet(frame).map(|packet| (frame, packet)));
                if self.packets.len() > PACKETS {
                    self.packets.pop_first();
                }
            }
            let node = finding.node.filter(|_| finding.home_address.is_none());
            let nai = node.and_then(|node| engine.observer().node(node)?.nai.as_deref());
            self.push(finding, nai);
        }
    }

    /// The tunnelled packet in this frame, if something was found about it and it is kept.
    pub fn packet(&self, frame: u64) -> Option<&Arc<RecentMessage>> {
        self.packets.get(&frame)
    }

    fn keep(&mut self, number: u64, finding: Arc<Finding>, nai: Option<Arc<[u8]>>) {
        self.levels.add(finding.level);
        if let Some(address) = finding.home_address {
            self.nodes.entry(address).or_default().add(finding.level);
        }
        if let Some(nai) = nai {
            self.named.entry(Arc::clone(&nai)).or_default().add(finding.level);
            self.nais.insert(number, nai);
        }
        self.kept.push_back((number, finding));
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many there ever were: the number of the next one.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The kept ones with their numbers, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Arc<Finding>)> {
        self.kept.iter().map(|(number, finding)| (*number, finding))
    }

    /// The finding with this number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Arc<Finding>> {
        let place = self.kept.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.kept.get(place).map(|(_, finding)| finding)
    }

    /// How many there were of each level, kept or not.
    pub fn levels(&self) -> Levels {
        self.levels
    }

    /// How many of the kept ones are about a node with these names, also from before it had its home address.
    pub fn of_node(&self, home_address: Option<Ipv4Addr>, nai: Option<&[u8]>) -> Levels {
        let of_address = home_address.and_then(|address| self.nodes.get(&address)).copied();
        of_address.unwrap_or_default().with(nai.map(|nai| self.of_nai(nai)).unwrap_or_default())
    }

    /// How many of the kept ones are about a node that had no home address yet, but this NAI.
    pub fn of_nai(&self, nai: &[u8]) -> Levels {
        self.named.get(nai).copied().unwrap_or_default()
    }

    /// The NAI that the node of a finding had instead of a home address.
    pub fn nai(&self, number: u64) -> Option<&[u8]> {
        self.nais.get(&number).map(|nai| &**nai)
    }

    /// All those NAIs.
    pub fn nais(&self) -> impl Iterator<Item = &[u8]> {
        self.named.keys().map(|nai| &**nai)
    }

    /// The kept ones about this frame whose number is at least `from`.
    pub fn of_frame(&self, frame: u64, from: u64) -> Vec<Finding> {
        let first = self.kept.partition_point(|(number, _)| *number < from);
        let kept = self.kept.iter().skip(first).filter(|(_, finding)| finding.place.frame == frame);
        kept.map(|(_, finding)| Finding::clone(finding)).collect()
    }

    /// Those about packets up to this time, as if there had been no others.
    #[must_use]
    pub fn until(&self, time: Timestamp) -> Self {
        let packets = self.packets.clone();
        let mut log = Self { total: self.total, packets, ..Self::new(self.most) };
        for (number, finding) in self.iter().filter(|(_, finding)| finding.place.time <= time) {
            log.keep(number, Arc::clone(finding), self.nais.get(&number).cloned());
        }
        log
    }

    /// Those with these numbers, as reports take them and in their order.
    pub fn chosen(&self, numbers: impl Iterator<Item = u64>) -> Findings {
        let mut findings = Findings::new(usize::MAX);
        numbers
            .filter_map(|number| self.get(number))
            .for_each(|finding| findings.add(Finding::clone(finding)));
        findings.sort();
        findings
    }
}

fn one_less<K: Ord + ?Sized, B: Ord + std::borrow::Borrow<K>>(
    counts: &mut BTreeMap<B, Levels>,
    of: &K,
    level: Level,
) {
    if let Some(count) = counts.get_mut(of) {
        count.remove(level);
        if count.is_empty() {
            counts.remove(of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{CATALOGUE, Place, Subject};
    use crate::time::Precision;

    fn finding(frame: u64, level: Level, last: u8) -> Finding {
        Finding {
            rule: CATALOGUE[0],
            level,
            place: Place {
                frame,
                time: Timestamp::new(i64::try_from(frame).unwrap(), 0),
                precision: Precision::SECONDS,
            },
            subject: Subject::Any,
            node: None,
            home_address: Some([10, 1, 0, last].into()),
            message: "".into(),
            octets: None,
        }
    }

    #[test]
    fn what_is_forgotten_is_still_counted() {
        let mut log = FindingLog::new(3);
        for (frame, level, last) in
            [(1, Level::Must, 1), (2, Level::Note, 2), (4, Level::Note, 1), (3, Level::Must, 1)]
        {
            log.push(finding(frame, level, last), None);
        }
        assert_eq!((log.len(), log.total()), (3, 4));
        assert_eq!((log.levels().of(Level::Must), log.levels().of(Level::Should)), (2, 0));
        // The node's first one is forgotten.
        let of = |last| log.of_node(Some([10, 1, 0, last].into()), None);
        assert_eq!((of(1).of(Level::Must), of(1).of(Level::Note), of(3).is_empty()), (1, 1, true));
        assert!(log.get(0).is_none());
        assert_eq!(log.get(3).unwrap().place.frame, 3);
        assert_eq!((log.of_frame(4, 0).len(), log.of_frame(4, 3).len()), (1, 0));
        // Frames 2 and 3, with the numbers they had.
        let past = log.until(Timestamp::new(3, 0));
        assert_eq!(past.iter().map(|(number, _)| number).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((past.total(), past.levels().of(Level::Must)), (4, 1));
        assert_eq!(log.chosen([3, 0, 1].into_iter()).kept().len(), 2);
    }
}
