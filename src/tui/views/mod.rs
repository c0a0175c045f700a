//! The views: each keeps its rows and draws the visible ones.

mod findings;
mod flow_columns;
mod flows;
mod ladder;
mod messages;
mod pane;
mod policy;
mod statistics;
mod tunnel_lines;
mod tunnels;

pub use findings::{Findings, Row as FindingRow};
pub use flows::{Flows, text_of as flow_text};
pub use ladder::{LadderView, is_of};
pub use messages::{Messages, packet_lines, summary as message_summary, widest as widest_message};
pub use policy::lines as policy_lines;
pub use statistics::{Statistics, summary};
pub use tunnels::{Row as TunnelRow, Tunnels};

use ratatui::Frame;

use super::app::App;
use super::facts::Facts;
use super::layout::Areas;
use super::view::View;

pub use pane::Pane;

/// Draws the open view.
pub fn draw(frame: &mut Frame<'_>, app: &App, facts: Facts<'_>, areas: &Areas) {
    match app.view() {
        View::Tunnels => tunnels::draw(frame, app, facts, areas),
        View::Ladder => ladder::draw(frame, app, facts, areas),
        View::Messages => messages::draw(frame, app, facts, areas),
        View::Flows => flows::draw(frame, app, facts, areas),
        View::Findings => findings::draw(frame, app, facts, areas),
        View::Statistics => statistics::draw(frame, app, areas),
    }
}

/// The text of a row of the open view's list that a search looks through: all that is drawn of it, before anything is
/// cut.
pub fn row_text(app: &App, facts: Facts<'_>, place: usize) -> String {
    match app.view() {
        View::Tunnels => tunnels::text_of_row(app, facts, place),
        View::Ladder => app.ladder.search_text(place),
        View::Messages => messages::text_of_row(app, facts, place),
        View::Flows => flows::text_of_row(app, facts, place),
        View::Findings => findings::text_of_row(app, facts, place),
        View::Statistics => app.statistics.search_text(place),
    }
}
