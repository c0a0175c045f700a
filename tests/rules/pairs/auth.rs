//! Pairs of the AUTH rules.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::history::{HOME_AGENT, NODE, care_of};
use crate::scene::{FOREIGN_HOME_KEY, MOBILE_FOREIGN_KEY, Registration, Scene, long, short, sign, timestamp};
use crate::{Pair, pair};

/// An SPI for which there is no key.
const UNKNOWN_SPI: [u8; 4] = [0, 0, 0x22, 0x22];
/// A foreign agent between node and home agent.
const FOREIGN_AGENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);
/// A challenge.
const CHALLENGE: [u8; 6] = [132, 4, 0xde, 0xad, 0xbe, 0xef];

pub const PAIRS: &[Pair] = &[
    pair("AUTH-001", |scene| without_authenticator(scene, Vec::new()), &[1], compliant),
    // Type 36/2 authorizes nothing; Type 47/1 stands for a proxy that need not.
    pair(
        "AUTH-001",
        |scene| without_authenticator(scene, generalized(2)),
        &[1],
        |scene| without_authenticator(scene, long(47, 1, &[0])),
    ),
    // Another Sub-Type of Type 47 is no proxy.
    pair("AUTH-001", |scene| without_authenticator(scene, long(47, 2, &[0])), &[1], compliant),
    pair(
        "AUTH-002",
        |scene| reply(scene, 0, |reply| reply.key = None),
        &[2],
        |scene| {
            reply(scene, 0, |_| {});
        },
    ),
    pair("AUTH-002", two_authenticators, &[2], |scene| {
        reply(scene, 0, |reply| {
            reply.key = None;
            reply.after.push(long(47, 1, &[0]));
        });
    }),
    pair(
        "AUTH-002",
        |scene| reply(scene, 192, |reply| reply.key = None),
        &[2],
        |scene| reply(scene, 127, |reply| reply.key = None),
    ),
    pair(
        "AUTH-002",
        |scene| reply(scene, 152, |reply| reply.key = None),
        &[2],
        |scene| reply(scene, 193, |reply| reply.key = None),
    ),
    pair(
        "AUTH-003",
        |scene| behind(scene, &[authentication(33, [0, 0, 0, 255], 16)]),
        &[1],
        |scene| behind(scene, &[authentication(33, [0, 0, 1, 0], 16)]),
    ),
    pair(
        "AUTH-003",
        |scene| behind(scene, &[authentication(34, [0, 0, 0, 0], 16)]),
        &[1],
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 16)]),
    ),
    // CHAP_SPI is 2; in a short extension it is reserved like the others.
    pair(
        "AUTH-003",
        |scene| behind(scene, &[long(36, 1, &[&[0, 0, 0, 3][..], &[9; 16]].concat())]),
        &[1],
        |scene| behind(scene, &[long(36, 1, &[&[0, 0, 0, 2][..], &[9; 16]].concat())]),
    ),
    pair("AUTH-003", |scene| behind(scene, &[authentication(34, [0, 0, 0, 2], 16)]), &[1], compliant),
    pair(
        "AUTH-004",
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 0)]),
        &[1],
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 1)]),
    ),
    pair(
        "AUTH-004",
        |scene| behind(scene, &[long(36, 1, &[&UNKNOWN_SPI[..], &[9; 15]].concat())]),
        &[1],
        |scene| behind(scene, &[long(36, 1, &[&UNKNOWN_SPI[..], &[9; 16]].concat())]),
    ),
    // No room for an SPI: of that none can be said.
    pair("AUTH-004", |scene| behind(scene, &[short(33, &[0, 0, 0])]), &[1], compliant),
    pair(
        "AUTH-005",
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 20)]),
        &[1],
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 16)]),
    ),
    pair(
        "AUTH-005",
        |scene| behind(scene, &[authentication(33, UNKNOWN_SPI, 1)]),
        &[1],
        |scene| behind(scene, &[long(36, 1, &[&UNKNOWN_SPI[..], &[9; 32]].concat())]),
    ),
    pair("AUTH-006", |scene| altered(scene, true), &[1], |scene| altered(scene, false)),
    pair(
        "AUTH-006",
        |scene| signed_again(scene, 33, MOBILE_FOREIGN_KEY, true),
        &[1],
        |scene| signed_again(scene, 33, MOBILE_FOREIGN_KEY, false),
    ),
    // Without a key for the SPI nothing is judged.
    pair(
        "AUTH-006",
        |scene| signed_again(scene, 34, FOREIGN_HOME_KEY, true),
        &[1],
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 16)]),
    ),
    // (a)
    pair(
        "AUTH-007",
        |scene| behind(scene, &[short(131, b"a@b.example")]),
        &[1],
        |scene| before(scene, &[short(131, b"a@b.example")]),
    ),
    // (b); twice wrong is one breach.
    pair(
        "AUTH-007",
        |scene| before(scene, &[authentication(33, UNKNOWN_SPI, 16)]),
        &[1],
        |scene| behind(scene, &[authentication(33, UNKNOWN_SPI, 16)]),
    ),
    pair(
        "AUTH-007",
        |scene| before(scene, &[authentication(33, UNKNOWN_SPI, 16), short(131, b"a@b.example")]),
        &[1],
        compliant,
    ),
    // (c); padding may follow.
    pair(
        "AUTH-007",
        |scene| behind(scene, &[authentication(34, UNKNOWN_SPI, 16), short(134, &[0, 0, 0, 9])]),
        &[1],
        |scene| behind(scene, &[short(134, &[0, 0, 0, 9]), authentication(34, UNKNOWN_SPI, 16), vec![0]]),
    ),
    pair(
        "AUTH-007",
        |scene| reply_behind_type_34(scene, HOME_AGENT),
        &[4],
        |scene| {
            reply_behind_type_34(scene, FOREIGN_AGENT);
        },
    ),
    pair("AUTH-008", |scene| ending(scene, 0), &[3], |scene| ending(scene, 300)),
    pair("AUTH-008", at_home_with_type_34, &[1], at_home),
    pair("AUTH-009", |scene| relayed(scene, &short(130, &[])), &[1], |scene| relayed(scene, &[])),
    pair(
        "AUTH-009",
        |scene| relayed(scene, &authentication(33, UNKNOWN_SPI, 16)),
        &[1],
        |scene| behind(scene, &[authentication(33, UNKNOWN_SPI, 16)]),
    ),
    // (a)
    pair(
        "AUTH-010",
        |scene| reply(scene, 0, |reply| reply.after.push(generalized(1))),
        &[2],
        |scene| reply(scene, 0, |reply| reply.after.push(generalized(2))),
    ),
    // (b)
    pair(
        "AUTH-010",
        |scene| before(scene, &[generalized(1)]),
        &[1],
        |scene| behind(scene, &[generalized(1)]),
    ),
    pair("AUTH-010", |scene| without_authenticator(scene, generalized(1)), &[1], compliant),
    // (c)
    pair(
        "AUTH-010",
        |scene| to_foreign_agent(scene, &[CHALLENGE.to_vec()]),
        &[1],
        |scene| to_foreign_agent(scene, &[CHALLENGE.to_vec(), authentication(33, UNKNOWN_SPI, 16)]),
    ),
    pair(
        "AUTH-010",
        |scene| to_foreign_agent(scene, &[authentication(33, UNKNOWN_SPI, 16), CHALLENGE.to_vec()]),
        &[1],
        |scene| to_foreign_agent(scene, &[CHALLENGE.to_vec(), generalized(1)]),
    ),
    // (d)
    pair(
        "AUTH-010",
        |scene| before(scene, &[CHALLENGE.to_vec()]),
        &[1],
        |scene| behind(scene, &[CHALLENGE.to_vec()]),
    ),
    pair(
        "AUTH-010",
        |scene| reply(scene, 0, |reply| reply.extensions.push(CHALLENGE.to_vec())),
        &[2],
        |scene| reply(scene, 0, |reply| reply.after.push(CHALLENGE.to_vec())),
    ),
];

fn compliant(scene: &mut Scene) {
    scene.exchange(0.0, &Registration::request(1), 0);
}

/// An authentication extension under an SPI, with an authenticator of some octets.
fn authentication(kind: u8, spi: [u8; 4], octets: usize) -> Vec<u8> {
    short(kind, &[&spi[..], &vec![9; octets]].concat())
}

/// A generalized authentication extension that no key is known for.
fn generalized(subtype: u8) -> Vec<u8> {
    long(36, subtype, &[&UNKNOWN_SPI[..], &[9; 16]].concat())
}

/// A request with extensions before its authenticator, refused.
fn before(scene: &mut Scene, extensions: &[Vec<u8>]) {
    let request = Registration { extensions: extensions.to_vec(), ..Registration::plain(1) };
    refuse(scene, &request);
}

/// A request with extensions behind its authenticator, refused.
fn behind(scene: &mut Scene, extensions: &[Vec<u8>]) {
    refuse(scene, &Registration { after: extensions.to_vec(), ..Registration::plain(1) });
}

/// A request with an extension and no Type 32, refused.
fn without_authenticator(scene: &mut Scene, extension: Vec<u8>) {
    refuse(scene, &Registration { key: None, ..Registration::plain(1) }.with(extension));
}

/// A request, refused with the NAI it has.
fn refuse(scene: &mut Scene, request: &Registration) {
    let sent = scene.send(0.0, request);
    let is_nai = |extension: &&Vec<u8>| extension.first() == Some(&131);
    let nai = sent.extensions.iter().chain(&sent.after).find(is_nai);
    scene.send(0.02, &Registration { extensions: nai.into_iter().cloned().collect(), ..sent.reply(134) });
}

/// A request, and a reply that is made wrong.
fn reply(scene: &mut Scene, code: u8, change: impl FnOnce(&mut Registration)) {
    let sent = scene.send(0.0, &Registration::request(1));
    let mut reply = sent.reply(code);
    change(&mut reply);
    scene.send(0.02, &reply);
}

fn two_authenticators(scene: &mut Scene) {
    reply(scene, 0, |reply| reply.after.push(authentication(32, UNKNOWN_SPI, 16)));
}

/// A request of which an octet under the authenticator is changed on the way, or none.
fn altered(scene: &mut Scene, change: bool) {
    let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
    let mut payload = request.payload();
    // The low octet of Lifetime.
    payload[3] ^= u8::from(change);
    scene.datagram(0.0, &request, &payload);
}

/// A request with another authentication extension at its end, whose last octet is changed or not.
fn signed_again(scene: &mut Scene, kind: u8, key: &str, change: bool) {
    let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
    let mut payload = request.payload();
    sign(&mut payload, kind, key);
    *payload.last_mut().unwrap() ^= u8::from(change);
    scene.datagram(0.0, &request, &payload);
}

/// A request through a foreign agent on both legs, and a reply with an extension behind a Type 34 that comes to the
/// foreign agent from the home agent, or from the foreign agent to the node.
fn reply_behind_type_34(scene: &mut Scene, sender: Ipv4Addr) {
    let relayed = through_foreign_agent();
    let first = scene.send(0.0, &relayed.to_foreign_agent());
    let second = scene.send(0.01, &Registration { identification: first.identification, ..relayed });
    let after = vec![authentication(34, UNKNOWN_SPI, 16), short(134, &[0, 0, 0, 9])];
    let at_home_agent = sender == HOME_AGENT;
    let none = scene.send(0.02, &second.reply(0));
    if at_home_agent {
        scene.send(0.03, &Registration { after, ..none });
    } else {
        scene.send(0.03, &Registration { after, ..first.reply(0) });
    }
}

/// A request of the foreign agent to the home agent.
fn through_foreign_agent() -> Registration {
    Registration {
        care_of_address: FOREIGN_AGENT,
        source: SocketAddrV4::new(FOREIGN_AGENT, 434),
        ..Registration::relayed(1)
    }
}

/// A binding through a foreign agent, then a request with Type 34 and this lifetime.
fn ending(scene: &mut Scene, lifetime: u16) {
    let request = through_foreign_agent();
    scene.exchange(0.0, &request, 0);
    let after = vec![authentication(34, UNKNOWN_SPI, 16)];
    scene.exchange(20.0, &Registration { lifetime, after, ..request }, 0);
}

/// A node that came home, with a Type 34 in its request though no foreign agent is near.
fn at_home_with_type_34(scene: &mut Scene) {
    let home = home();
    scene.exchange(0.0, &home.with_after(authentication(34, UNKNOWN_SPI, 16)), 0);
}

fn at_home(scene: &mut Scene) {
    scene.exchange(0.0, &home(), 0);
}

/// A request from home, which ends all bindings.
fn home() -> Registration {
    Registration {
        lifetime: 0,
        care_of_address: NODE,
        source: SocketAddrV4::new(NODE, 434),
        ..Registration::plain(1)
    }
}

/// A request relayed by a foreign agent with octets behind the authenticator, refused.
fn relayed(scene: &mut Scene, octets: &[u8]) {
    scene.exchange(0.0, &through_foreign_agent().with_after(octets.to_vec()), 134);
}

/// A request to a foreign agent with extensions behind the authenticator, which it refuses.
fn to_foreign_agent(scene: &mut Scene, extensions: &[Vec<u8>]) {
    let request = Registration {
        source: SocketAddrV4::new(care_of(1), 434),
        destination: SocketAddrV4::new(FOREIGN_AGENT, 434),
        care_of_address: FOREIGN_AGENT,
        after: extensions.to_vec(),
        ttl: 255,
        ..Registration::relayed(1)
    };
    scene.exchange(0.0, &request, 104);
}
