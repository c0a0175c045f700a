//! What `s` saves and `y` copies: which rows, in which form. The writing itself is in [`super::save`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::app::{App, Extent};
use super::facts::{Facts, NodeRef};
use super::filter::Sieve;
use super::message::{Effect, SaveFormat, SaveOrder};
use super::picture::Picture;
use super::prompt::{Prompt, Purpose};
use super::view::View;
use super::views::{flow_text, message_summary};
use crate::report::{Look, Target};
use crate::rules::Findings;
use crate::state::Still;
use crate::watch::RecentMessage;

impl Extent {
    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Filtered => "filtered",
            Self::Selected => "selected",
        }
    }
}

impl App {
    /// Asks for the name of the file, with the extent that is meant most likely; so many are selected.
    pub(super) fn ask_for_file(&mut self, marks: usize) {
        self.extent = if marks > 0 {
            Extent::Selected
        } else if self.is_filtered() {
            Extent::Filtered
        } else {
            Extent::All
        };
        let name = match self.view() {
            View::Messages => "mipflow.pcap",
            View::Ladder => "mipflow.txt",
            View::Tunnels | View::Statistics => "mipflow.json",
            View::Flows | View::Findings => "mipflow.csv",
        };
        self.prompt = Some(Prompt::new(Purpose::Save, name.to_owned()));
    }

    /// Another extent for the save that is being asked for.
    pub(super) fn next_extent(&mut self, marks: usize) {
        self.extent = match self.extent {
            Extent::All if self.is_filtered() => Extent::Filtered,
            Extent::All | Extent::Filtered if marks > 0 => Extent::Selected,
            _ => Extent::All,
        };
    }

    /// Whether a filter holds for what the open view shows. Statistics are of all, and a ladder is of one node.
    pub(super) fn is_filtered(&self) -> bool {
        !self.filter.is_empty() && !matches!(self.view(), View::Ladder | View::Statistics)
    }

    /// Whether the filter has not been applied to all rows of the open view yet: long tables are filtered in pieces.
    fn is_filtering(&self, facts: Facts<'_>) -> bool {
        match self.view() {
            View::Messages => self.messages.is_behind(facts),
            View::Flows => !self.flows.are_by(&self.filter.text),
            View::Tunnels | View::Ladder | View::Findings | View::Statistics => false,
        }
    }

    /// How much of the open view the user selected: rows, also those that the filter hides, or findings.
    pub(super) fn marks(&self, facts: Facts<'_>) -> usize {
        match self.view() {
            View::Tunnels => self.tunnels.list.marked().len(),
            View::Messages => self.messages.list.marked().len(),
            View::Flows => self.flows.list.marked().len(),
            View::Findings if self.findings.list.marked().is_empty() => 0,
            View::Findings => self.findings.selected_numbers(facts).len(),
            View::Ladder | View::Statistics => 0,
        }
    }

    /// What is to be written to a file of this name; says what is wrong with it.
    pub(super) fn save_order(&self, facts: Facts<'_>, path: String) -> Result<SaveOrder, String> {
        let format = SaveFormat::of(&path)?;
        let view = self.view();
        let extent = self.extent;
        if extent == Extent::Filtered && self.is_filtering(facts) {
            return Err("not all of it is filtered yet: Enter again".to_owned());
        }
        let messages: Vec<Arc<RecentMessage>>;
        let target;
        let findings = self.findings_of(facts, extent);
        if view == View::Messages {
            let marked = self.messages.list.marked();
            messages = match extent {
                Extent::All => facts.messages.iter().cloned().collect(),
                Extent::Filtered => self.of_rows(facts, self.messages.list.rows().iter()),
                Extent::Selected => self.of_rows(facts, marked.iter()),
            };
            let places: BTreeSet<u32> = messages.iter().filter_map(|message| message.node).collect();
            let nodes = places.into_iter().filter_map(|place| facts.node_ref(place));
            target = (extent != Extent::All).then(|| target_of(facts, nodes));
        } else {
            let nodes = self.nodes_of(facts, extent);
            messages = facts
                .messages
                .iter()
                .filter(|message| {
                    nodes.as_ref().is_none_or(|nodes| {
                        let node = message.node.and_then(|place| facts.node_ref(place));
                        node.is_some_and(|node| nodes.contains(&node))
                    })
                })
                .cloned()
                .collect();
            target = nodes.map(|nodes| target_of(facts, nodes.into_iter()));
        }
        if format == SaveFormat::Capture && messages.is_empty() {
            return Err("there are no messages to save".to_owned());
        }
        let overwrite = self.overwrite.as_deref() == Some(path.as_str());
        let flows = self.flows_of(extent);
        Ok(SaveOrder { path, format, overwrite, view, extent, messages, target, flows, findings })
    }

    /// Begins to save: first the tables are copied, a piece at a time, so that whoever types waits neither for that nor
    /// for the disk.
    pub(super) fn save(&mut self, facts: Facts<'_>, order: SaveOrder, effects: &mut Vec<Effect>) {
        self.say("saving ...");
        self.saving = Some((Box::new(order), Still::begin(self.shown(facts).observer)));
        self.go_on_saving(facts, effects);
    }

    /// Copies the next piece; the last one is followed by the order to write it all.
    pub(super) fn go_on_saving(&mut self, facts: Facts<'_>, effects: &mut Vec<Effect>) {
        let Some((order, mut still)) = self.saving.take() else { return };
        let shown = self.shown(facts);
        // A capture needs only the messages, and the order holds them already.
        if order.format == SaveFormat::Capture || still.go_on(shown.observer) {
            effects.push(Effect::Save(order, Box::new(Picture::of(shown, still.finish()))));
        } else {
            self.saving = Some((order, still));
        }
    }

    /// The findings of the wanted rows; in views other than Findings, all kept findings.
    fn findings_of(&self, facts: Facts<'_>, extent: Extent) -> Findings {
        match extent {
            Extent::Selected if self.view() == View::Findings => {
                facts.findings.chosen(self.findings.selected_numbers(facts).into_iter())
            }
            Extent::Filtered if self.view() == View::Findings => {
                let mut shown: Vec<u64> = self.findings.shown().to_vec();
                shown.sort_unstable();
                facts.findings.chosen(shown.into_iter())
            }
            _ => facts.findings.chosen(facts.findings.iter().map(|(number, _)| number)),
        }
    }

    fn of_rows<'r>(&self, facts: Facts<'_>, rows: impl Iterator<Item = &'r u64>) -> Vec<Arc<RecentMessage>> {
        rows.filter_map(|number| self.messages.message(facts, *number).cloned()).collect()
    }

    /// The wanted flows if the Flows view is open; `None` for all.
    fn flows_of(&self, extent: Extent) -> Option<BTreeSet<u32>> {
        let list = &self.flows.list;
        match extent {
            _ if self.view() != View::Flows => None,
            Extent::All => None,
            Extent::Filtered => Some(list.rows().iter().copied().collect()),
            Extent::Selected => Some(list.marked().clone()),
        }
    }

    /// The nodes that a part of the open view is about; `None` for all.
    fn nodes_of(&self, facts: Facts<'_>, extent: Extent) -> Option<BTreeSet<NodeRef>> {
        // A ladder is that of one node.
        if self.view() == View::Ladder {
            return Some(self.ladder.node().into_iter().collect());
        }
        if let Some(flows) = self.flows_of(extent) {
            let node = |place: &u32| facts.node_ref(self.flows.flow(facts, *place)?.node);
            return Some(flows.iter().filter_map(node).collect());
        }
        match extent {
            Extent::All => None,
            Extent::Filtered => {
                let sieve = Sieve::new(&self.filter, facts);
                let is_shown =
                    |node: &NodeRef| facts.node(*node).is_some_and(|known| sieve.node(node.place, known));
                Some(facts.nodes().into_iter().filter(is_shown).collect())
            }
            Extent::Selected => Some(match self.view() {
                View::Findings => {
                    let findings = self.findings_of(facts, extent);
                    let places = findings.kept().iter().filter_map(|finding| finding.node);
                    places.filter_map(|place| facts.node_ref(place)).collect()
                }
                _ => self.tunnels.list.marked().iter().map(|row| row.node()).collect(),
            }),
        }
    }

    /// What `y` copies: the row under the cursor, or all of the pane where that is one text.
    pub(super) fn copied(&self, facts: Facts<'_>) -> String {
        match (self.view(), self.pane()) {
            (View::Tunnels, 0) => self.tunnels.row_text(facts, self.tunnels.list.at()),
            (View::Tunnels, _) => {
                let node = self.tunnels.selected_node().and_then(|node| self.tunnels.node(facts, node));
                let lines = node.map(|node| super::views::policy_lines(self, node, 100)).unwrap_or_default();
                let lines: Vec<String> =
                    lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect();
                lines.join("\n")
            }
            (View::Ladder, _) => self.ladder.text(),
            (View::Messages, 0) => {
                let message = self.messages.selected(facts);
                message.map(|message| message_summary(facts, message, &Look::default())).unwrap_or_default()
            }
            (View::Messages, pane) => self.messages.open_text(pane == 2),
            (View::Flows, _) => {
                let flow = self.flows.list.selected().and_then(|place| self.flows.flow(facts, place));
                flow.map(|flow| flow_text(&flow)).unwrap_or_default()
            }
            (View::Findings, _) => {
                let finding = self.findings.selected(facts);
                finding.map(|finding| format!("{}: {}", finding.rule.id, finding.message)).unwrap_or_default()
            }
            (View::Statistics, _) => self.statistics.text(),
        }
    }
}

/// The nodes, as tables are narrowed to them.
fn target_of(facts: Facts<'_>, nodes: impl Iterator<Item = NodeRef>) -> Target {
    let (mut addresses, mut nais) = (BTreeSet::new(), BTreeSet::new());
    for node in nodes.filter_map(|node| facts.node(node)) {
        match (node.home_address, &node.nai) {
            (Some(address), _) => drop(addresses.insert(address)),
            (None, Some(nai)) => drop(nais.insert(nai.to_vec())),
            (None, None) => {}
        }
    }
    Target::Any(addresses, nais)
}
