//! What was found: the last findings, and how many there were.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::app::Moment;
use super::facts::{Facts, NodeRef};
use super::levels::Levels;
use super::whose::About;
use crate::rules::{Finding, Findings};
use crate::state::Node;
use crate::watch::{Engine, RecentMessage};

/// The most packets that are kept.
const PACKETS: usize = 4_096;

/// The last findings, in the order they came, each with its number from 0. Findings that no longer fit are dropped
/// but counted. A clone shares the findings.
#[derive(Clone, Debug)]
pub struct FindingLog {
    kept: VecDeque<Kept>,
    most: usize,
    total: u64,
    /// Counts of the dropped findings, by level.
    forgotten: Levels,
    levels: Levels,
    /// Counts of the kept findings, by the node, address or NAI they are about.
    abouts: BTreeMap<About, Levels>,
    /// Packets in tunnels that something was found about, by frame.
    packets: BTreeMap<u64, Arc<RecentMessage>>,
}

/// A finding that is kept.
#[derive(Clone, Debug)]
struct Kept {
    number: u64,
    finding: Arc<Finding>,
    /// Whom it was about when it was found.
    about: About,
    /// The frame and the clock it came with: those of its packet, or later ones, as where a reply is missed.
    came: Moment,
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
            forgotten: Levels::default(),
            levels: Levels::default(),
            abouts: BTreeMap::new(),
            packets: BTreeMap::new(),
        }
    }

    /// Adds a finding that came at a moment, and forgets the oldest where there is no room.
    fn push(&mut self, finding: Finding, about: About, came: Moment) {
        let number = self.total;
        self.total = number.saturating_add(1);
        self.keep(Kept { number, finding: Arc::new(finding), about, came });
        while self.kept.len() > self.most {
            let Some(Kept { finding: oldest, about, .. }) = self.kept.pop_front() else { break };
            self.forgotten.add(oldest.level);
            if let Some(count) = self.abouts.get_mut(&about) {
                count.remove(oldest.level);
                if count.is_empty() {
                    self.abouts.remove(&about);
                }
            }
        }
    }

    /// Adds what an engine just found, with the tunnelled packets it is about as far as they are still there.
    pub fn take(&mut self, findings: Vec<Finding>, engine: &Engine) {
        let came = Moment { frame: engine.trace().counts().packets, time: engine.observer().clock() };
        for finding in findings {
            let frame = finding.place.frame;
            if engine.messages().by_frame(frame).is_none() && !self.packets.contains_key(&frame) {
                self.packets.extend(engine.packet(frame).map(|packet| (frame, packet)));
                if self.packets.len() > PACKETS {
                    self.packets.pop_first();
                }
            }
            let home_address = finding.home_address;
            let node = finding.node.and_then(|place| Some((place, engine.observer().node(place)?)));
            // Another node may have taken this place in the table since.
            let node = node.filter(|(_, node)| home_address.is_none() || node.home_address == home_address);
            let nai = node.and_then(|(_, node)| node.nai.as_deref()).filter(|_| home_address.is_none());
            let node = node.map(|(place, node)| NodeRef { place, birth: node.birth() });
            self.push(finding, About { home_address, nai: nai.map(Arc::from), node }, came);
        }
    }

    /// The tunnelled packet in this frame, if something was found about it and it is kept.
    pub fn packet(&self, frame: u64) -> Option<&Arc<RecentMessage>> {
        self.packets.get(&frame)
    }

    fn keep(&mut self, kept: Kept) {
        self.levels.add(kept.finding.level);
        self.abouts.entry(kept.about.clone()).or_default().add(kept.finding.level);
        self.kept.push_back(kept);
    }

    /// How many findings were dropped.
    pub fn forgotten(&self) -> u64 {
        self.forgotten.total()
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
        self.kept.iter().map(|kept| (kept.number, &kept.finding))
    }

    /// The finding with this number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Arc<Finding>> {
        self.place_of(number).and_then(|place| self.kept.get(place)).map(|kept| &kept.finding)
    }

    /// Whom it was about when it was found.
    pub fn about(&self, number: u64) -> Option<&About> {
        self.place_of(number).and_then(|place| self.kept.get(place)).map(|kept| &kept.about)
    }

    fn place_of(&self, number: u64) -> Option<usize> {
        self.kept.binary_search_by_key(&number, |kept| kept.number).ok()
    }

    /// How many there were of each level, kept or not.
    pub fn levels(&self) -> Levels {
        self.levels
    }

    /// How many of the kept ones are about a node, also from before it had its home address, and of nodes that are
    /// forgotten or turned out to be others those under its names.
    pub fn of_node(&self, facts: Facts<'_>, (node, known): (NodeRef, &Node)) -> Levels {
        let home = About { home_address: known.home_address, ..About::default() };
        let nai = About { nai: known.nai.as_deref().map(Arc::from), ..About::default() };
        let of = |first: About| {
            let name = (first.home_address, first.nai.clone());
            let named = self.abouts.range(first..);
            let named =
                named.take_while(move |(about, _)| (about.home_address, &about.nai) == (name.0, &name.1));
            let is_its = |about: &About| about.node(facts).is_none_or(|other| other == node);
            named
                .filter(|(about, _)| is_its(about))
                .fold(Levels::default(), |sum, (_, count)| sum.with(*count))
        };
        let of_home = if home.home_address.is_some() { of(home) } else { Levels::default() };
        of_home.with(if nai.nai.is_some() { of(nai) } else { Levels::default() })
    }

    /// Whom the kept ones are about, in order of home addresses.
    pub fn abouts(&self) -> impl Iterator<Item = &About> {
        self.abouts.keys()
    }

    /// The kept ones about this frame whose number is at least `from`.
    pub fn of_frame(&self, frame: u64, from: u64) -> Vec<Finding> {
        let first = self.kept.partition_point(|kept| kept.number < from);
        let kept = self.kept.iter().skip(first).filter(|kept| kept.finding.place.frame == frame);
        kept.map(|kept| Finding::clone(&kept.finding)).collect()
    }

    /// The log with only the findings that had come up to this moment.
    #[must_use]
    pub fn until(&self, moment: Moment) -> Self {
        let packets = self.packets.clone();
        // Dropped findings came before all kept ones; their exact moments are not known.
        let has_come = self.kept.front().is_some_and(|oldest| oldest.came <= moment);
        let forgotten = if has_come { self.forgotten } else { Levels::default() };
        let mut log =
            Self { total: self.total, forgotten, levels: forgotten, packets, ..Self::new(self.most) };
        self.kept.iter().filter(|kept| kept.came <= moment).for_each(|kept| log.keep(kept.clone()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{CATALOGUE, Level, Place, Subject};
    use crate::time::{Precision, Timestamp};

    /// A frame a second.
    fn moment(frame: u64) -> Moment {
        Moment { frame, time: Timestamp::new(i64::try_from(frame).unwrap(), 0) }
    }

    fn finding(frame: u64, level: Level, last: u8) -> Finding {
        Finding {
            rule: CATALOGUE[0],
            level,
            place: Place { frame, time: moment(frame).time, precision: Precision::SECONDS },
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
        for (frame, level, last, came) in
            [(1, Level::Must, 1, 1), (2, Level::Note, 2, 2), (4, Level::Note, 1, 4), (3, Level::Must, 1, 5)]
        {
            let about = About { home_address: Some([10, 1, 0, last].into()), ..About::default() };
            log.push(finding(frame, level, last), about, moment(came));
        }
        assert_eq!((log.len(), log.total()), (3, 4));
        assert_eq!((log.levels().of(Level::Must), log.levels().of(Level::Should)), (2, 0));
        assert_eq!(log.forgotten(), 1);
        // The first node's first one is forgotten.
        let counts: Vec<_> =
            log.abouts.values().map(|count| (count.of(Level::Must), count.of(Level::Note))).collect();
        assert_eq!(counts, [(1, 1), (0, 1)]);
        assert!(log.get(0).is_none());
        assert_eq!(log.get(3).unwrap().place.frame, 3);
        assert_eq!((log.of_frame(4, 0).len(), log.of_frame(4, 3).len()), (1, 0));
        // With the numbers they had. What is about frame 3 came with frame 5.
        let numbers = |frame| log.until(moment(frame)).iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!([numbers(3), numbers(4), numbers(5)], [vec![1], vec![1, 2], vec![1, 2, 3]]);
        // What is forgotten had come by then, too; before frame 2 nobody knows.
        let past = |frame| log.until(moment(frame));
        let must = |frame| past(frame).levels().of(Level::Must);
        assert_eq!((past(4).total(), past(4).forgotten(), past(1).forgotten()), (4, 1, 0));
        assert_eq!([must(1), must(2), must(4), must(5)], [0, 1, 1, 2]);
        assert_eq!(log.chosen([3, 0, 1].into_iter()).kept().len(), 2);
    }
}
