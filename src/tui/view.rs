//! The screens there are.

/// One of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// Nodes with their tunnels and flows, and the policy of one.
    Tunnels,
    /// The exchanges of one node through time.
    Ladder,
    /// Messages, with the packet tree and the octets of one.
    Messages,
    /// All flows.
    Flows,
    /// What is wrong.
    Findings,
    /// What was counted.
    Statistics,
}

impl View {
    /// All of them, in order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Tunnels, Self::Ladder, Self::Messages, Self::Flows, Self::Findings, Self::Statistics];

    /// The number it is chosen by.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tunnels => "Tunnels",
            Self::Ladder => "Ladder",
            Self::Messages => "Messages",
            Self::Flows => "Flows",
            Self::Findings => "Findings",
            Self::Statistics => "Statistics",
        }
    }

    /// The view with this number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.number() == number)
    }

    /// How many panes it has that can be walked through.
    pub const fn panes(self) -> usize {
        match self {
            Self::Tunnels => 2,
            Self::Messages => 3,
            Self::Ladder | Self::Flows | Self::Findings | Self::Statistics => 1,
        }
    }
}
