//! IPv6 addresses of flows. Flows hold numbers instead of addresses, so that they stay small.

use std::net::Ipv6Addr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// IPv6 addresses by number.
#[derive(Clone, Debug)]
pub(super) struct Addresses6 {
    numbers: HashMap<Ipv6Addr, u32, FixedState>,
    addresses: Vec<Ipv6Addr>,
    /// Numbers whose addresses no flow has any more.
    free: Vec<u32>,
    most: usize,
    /// How many more addresses have to find no room before numbers are freed again.
    patience: usize,
}

impl Addresses6 {
    /// The most addresses kept; packets of flows with further addresses are counted as evicted.
    const MOST: usize = 1 << 20;

    /// An empty table; `hasher` scatters its addresses.
    pub fn new(hasher: FixedState) -> Self {
        let numbers = HashMap::with_hasher(hasher);
        Self { numbers, addresses: Vec::new(), free: Vec::new(), most: Self::MOST, patience: 0 }
    }

    /// A copy of the addresses by number alone, in which no address can be looked up.
    pub fn outline(&self) -> Self {
        Self { addresses: self.addresses.clone(), ..Self::new(FixedState::default()) }
    }

    /// The number of an address, which is fixed as long as a flow has the address; `None` when there is no room.
    pub fn number(&mut self, address: Ipv6Addr) -> Option<u32> {
        if let Some(number) = self.numbers.get(&address) {
            return Some(*number);
        }
        let number = match self.free.pop() {
            Some(number) => {
                *self.addresses.get_mut(number as usize)? = address;
                number
            }
            None if self.addresses.len() >= self.most => return None,
            None => {
                self.addresses.push(address);
                u32::try_from(self.addresses.len().saturating_sub(1)).ok()?
            }
        };
        self.numbers.insert(address, number);
        Some(number)
    }

    /// Whether it is time to free the numbers that no flow has, after an address found no room.
    pub fn is_time_to_free(&mut self) -> bool {
        let is_time = self.patience == 0;
        self.patience = self.patience.saturating_sub(1);
        is_time
    }

    /// Keeps only the addresses with these numbers, and frees all other numbers.
    pub fn keep(&mut self, numbers: impl Iterator<Item = u32>) {
        let mut is_kept = vec![false; self.addresses.len()];
        for number in numbers {
            if let Some(is_kept) = is_kept.get_mut(number as usize) {
                *is_kept = true;
            }
        }
        self.numbers.retain(|_, number| is_kept.get(*number as usize).copied().unwrap_or_default());
        let free = (0..).zip(&is_kept).filter(|(_, is_kept)| !**is_kept).map(|(number, _)| number);
        self.free = free.collect();
        // Searching all flows again and again for a few numbers would take too long.
        let few = self.most / 16;
        self.patience = if self.free.len() < few { few } else { 0 };
    }

    pub fn address(&self, number: u32) -> Ipv6Addr {
        self.addresses.get(number as usize).copied().unwrap_or(Ipv6Addr::UNSPECIFIED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_ipv6_addresses_are_given_again_when_no_flow_has_them() {
        let address = |number: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number);
        let mut addresses = Addresses6 { most: 3, ..Addresses6::new(FixedState::with_seed(1)) };
        let numbers: Vec<Option<u32>> = (0..4).map(|number| addresses.number(address(number))).collect();
        assert_eq!(numbers, [Some(0), Some(1), Some(2), None]);
        assert!(addresses.is_time_to_free());
        addresses.keep([1, 1].into_iter());
        assert_eq!(addresses.number(address(1)), Some(1));
        let others: Vec<Option<u32>> = (4..7).map(|number| addresses.number(address(number))).collect();
        assert_eq!(others, [Some(2), Some(0), None]);
        assert_eq!(addresses.address(2), address(4));
        assert_eq!(addresses.address(1), address(1));
    }
}
