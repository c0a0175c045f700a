//! The interfaces that can be captured from.

use std::net::IpAddr;

use pcap::Device;
use thiserror::Error;

use super::live::is_interface;
use super::said::said;

/// An interface as libpcap describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The name to capture by.
    pub name: String,
    /// The system's description of it.
    pub description: Option<String>,
    /// Its addresses, in the system's order.
    pub addresses: Vec<IpAddr>,
    /// Whether it is switched on.
    pub up: bool,
    /// Whether it has a carrier.
    pub running: bool,
    /// Whether it leads back to this host.
    pub loopback: bool,
    /// Whether it is a radio interface.
    pub wireless: bool,
}

/// The interfaces could not be listed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the interfaces cannot be listed: {message}")]
pub struct InterfacesError {
    /// What libpcap said.
    pub message: String,
}

impl InterfacesError {
    /// What can be done about it.
    pub fn help(&self) -> &'static str {
        "listing and capturing need the capabilities CAP_NET_RAW and CAP_NET_ADMIN, or root"
    }
}

/// Lists the interfaces in libpcap's order, in which the likeliest to be captured from come first. Leaves out the
/// devices of libpcap that are no network interfaces (Bluetooth, D-Bus, queues of the packet filter).
pub fn interfaces() -> Result<Vec<Interface>, InterfacesError> {
    let devices = Device::list().map_err(|error| InterfacesError { message: said(error) })?;
    Ok(devices.into_iter().map(Interface::from).filter(|found| is_interface(&found.name)).collect())
}

impl From<Device> for Interface {
    fn from(device: Device) -> Self {
        Self {
            up: device.flags.is_up(),
            running: device.flags.is_running(),
            loopback: device.flags.is_loopback(),
            wireless: device.flags.is_wireless(),
            addresses: device.addresses.iter().map(|address| address.addr).collect(),
            name: device.name,
            description: device.desc,
        }
    }
}

#[cfg(test)]
mod tests {
    use pcap::{Address, ConnectionStatus, DeviceFlags, IfFlags};

    use super::*;

    #[test]
    fn keeps_what_libpcap_says() {
        let address = |text: &str| Address {
            addr: text.parse().unwrap(),
            netmask: None,
            broadcast_addr: None,
            dst_addr: None,
        };
        let device = Device {
            name: "lo".to_owned(),
            desc: None,
            addresses: vec![address("127.0.0.1"), address("::1")],
            flags: DeviceFlags {
                if_flags: IfFlags::LOOPBACK | IfFlags::UP,
                connection_status: ConnectionStatus::NotApplicable,
            },
        };
        let expected = Interface {
            name: "lo".to_owned(),
            description: None,
            addresses: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
            up: true,
            running: false,
            loopback: true,
            wireless: false,
        };
        assert_eq!(Interface::from(device), expected);
    }
}
