//! Pairs about what requests say of tunnels.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::care_of;
use crate::scene::{MOBILE_FOREIGN_KEY, Registration, Scene, short, sign, timestamp};
use crate::{Pair, pair};

/// A request of the mobile node to its foreign agent, with T.
fn to_foreign_agent(ttl: u8) -> Registration {
    Registration { ttl, ..Registration::relayed(1).to_foreign_agent() }
}

/// The Encapsulating Delivery Style extension.
fn delivery_style() -> Vec<u8> {
    short(130, &[])
}

/// Sends a request to the foreign agent with these octets before and behind its Mobile-Foreign Authentication extension.
fn signed_for_foreign_agent(scene: &mut Scene, before: &[u8], behind: &[u8]) {
    let request = Registration { identification: Some(timestamp(4.0)), ..to_foreign_agent(255) };
    let mut payload = [&request.payload(), before].concat();
    sign(&mut payload, 33, MOBILE_FOREIGN_KEY);
    payload.extend_from_slice(behind);
    scene.datagram(4.0, &request, &payload);
}

pub const PAIRS: &[Pair] = &[
    pair(
        "TUN-027",
        |scene| {
            scene.send(0.0, &to_foreign_agent(64));
        },
        &[1],
        // 255, and to the home agent itself.
        |scene| {
            scene.send(0.0, &to_foreign_agent(255));
            scene.send(2.0, &Registration::request(2));
        },
    ),
    pair(
        "TUN-027",
        |scene| {
            scene.send(
                0.0,
                &Registration { octet: 0x22, care_of_address: care_of(5), ..to_foreign_agent(254) },
            );
        },
        &[1],
        // Without T, and to all agents.
        |scene| {
            scene.send(0.0, &Registration { octet: 0, ..to_foreign_agent(64) });
            let all_agents = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 11), 434);
            scene.send(2.0, &Registration { destination: all_agents, ..to_foreign_agent(1) });
        },
    ),
    pair(
        "TUN-028",
        // T is 0; before the authenticator.
        |scene| {
            scene.send(0.0, &Registration { octet: 0, ..to_foreign_agent(255) }.with_after(delivery_style()));
            scene.send(2.0, &to_foreign_agent(255).with(delivery_style()));
        },
        &[1, 2],
        |scene| {
            scene.send(0.0, &to_foreign_agent(255).with_after(delivery_style()));
        },
    ),
    pair(
        "TUN-028",
        |scene| signed_for_foreign_agent(scene, &[], &delivery_style()),
        &[1],
        |scene| signed_for_foreign_agent(scene, &delivery_style(), &[]),
    ),
];
