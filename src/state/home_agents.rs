//! The Home Agents that took part in registrations, and counters of what each of them does.

use std::net::Ipv4Addr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::AgentTraffic;

/// Up to this many Home Agents, a search through all of them is faster than a hash: every tunnelled packet asks twice.
const FEW: usize = 8;

/// Home Agents that ever took part in a registration, at most as many as 16 bits can number.
#[derive(Clone, Debug)]
pub(super) struct HomeAgents {
    all: Vec<(Ipv4Addr, AgentTraffic)>,
    /// The addresses of all of them, side by side in memory.
    addresses: Vec<Ipv4Addr>,
    numbers: HashMap<Ipv4Addr, u16, FixedState>,
    /// How often a Home Agent found no room.
    pub no_room: u64,
}

impl HomeAgents {
    /// An empty table; `seed` scatters its index.
    pub fn new(seed: u64) -> Self {
        let numbers = HashMap::with_hasher(FixedState::with_seed(seed));
        Self { all: Vec::new(), addresses: Vec::new(), numbers, no_room: 0 }
    }

    /// A copy of all Home Agents in which no address can be looked up.
    pub fn outline(&self) -> Self {
        Self { all: self.all.clone(), no_room: self.no_room, ..Self::new(0) }
    }

    /// All Home Agents in order of appearance.
    pub fn all(&self) -> &[(Ipv4Addr, AgentTraffic)] {
        &self.all
    }

    /// Whether this is the address of a known Home Agent.
    #[inline]
    pub fn has(&self, address: Ipv4Addr) -> bool {
        self.number(address).is_some()
    }

    /// The number of the Home Agent with this address.
    #[inline]
    pub fn number(&self, address: Ipv4Addr) -> Option<u16> {
        if self.addresses.len() > FEW {
            return self.numbers.get(&address).copied();
        }
        let number = self.addresses.iter().position(|agent| *agent == address)?;
        u16::try_from(number).ok()
    }

    /// The address of the Home Agent with this number.
    pub fn address(&self, number: u16) -> Ipv4Addr {
        self.all.get(usize::from(number)).map_or(Ipv4Addr::UNSPECIFIED, |(address, _)| *address)
    }

    /// The traffic of this Home Agent, known from now on; `None` if it cannot be one, or there is no room.
    pub fn traffic_mut(&mut self, address: Ipv4Addr) -> Option<&mut AgentTraffic> {
        let number = self.number(address).or_else(|| {
            self.know(address);
            self.number(address)
        })?;
        self.all.get_mut(usize::from(number)).map(|(_, traffic)| traffic)
    }

    /// Notes that this is the address of a Home Agent, if it can be one.
    pub fn know(&mut self, address: Ipv4Addr) {
        if !can_be_agent(address) || self.has(address) {
            return;
        }
        let Ok(number) = u16::try_from(self.all.len()) else {
            self.no_room = self.no_room.saturating_add(1);
            return;
        };
        self.all.push((address, AgentTraffic::default()));
        self.addresses.push(address);
        self.numbers.insert(address, number);
    }
}

/// Whether an address can be a Home Agent's: not if it asks for any Home Agent (RFC 5944 §3.6.1.2).
pub(crate) fn can_be_agent(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_broadcast() || address.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few are looked through and many are found by their hash: both ways lead to the same numbers.
    #[test]
    fn as_many_are_told_apart_as_sixteen_bits_number() {
        let mut agents = HomeAgents::new(1);
        let agent = |number: u32| Ipv4Addr::from_bits(0x0a00_0000 | number);
        for number in 0..=65_535 {
            agents.know(agent(number));
            agents.know(agent(number));
            for known in [0, number] {
                assert_eq!(agents.number(agent(known)).map(u32::from), Some(known));
            }
            assert_eq!(agents.number(agent(number + 1)), None);
        }
        assert_eq!((agents.all().len(), agents.no_room), (65_536, 0));
        assert_eq!(agents.address(65_535), agent(65_535));
        assert!(agents.traffic_mut(agent(65_536)).is_none());
        assert_eq!((agents.all().len(), agents.no_room), (65_536, 1));
        assert!(agents.traffic_mut(agent(7)).is_some());
    }

    #[test]
    fn who_is_looked_for_is_no_home_agent() {
        let mut agents = HomeAgents::new(1);
        for address in [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST, Ipv4Addr::new(224, 0, 0, 11)] {
            assert!(agents.traffic_mut(address).is_none(), "{address}");
        }
        assert!(agents.all().is_empty());
    }
}
