//! Authentication (AUTH), by itself.

use std::net::{Ipv4Addr, SocketAddrV4};

use mipflow::wire::Key;

use super::{says, told};
use crate::history::{NODE, care_of};
use crate::scene::{FOREIGN_HOME_KEY, KEY, Registration, Scene, long, short, sign, timestamp};

#[test]
fn where_an_nai_stands_in_a_reply_is_its_own_matter() {
    let nai = || short(131, b"a@b.example");
    let in_reply = |scene: &mut Scene| {
        let sent = scene.send(0.0, &Registration::plain(1).with(nai()));
        scene.send(0.02, &sent.reply(0).with_after(nai()));
    };
    assert_eq!(told("AUTH-007", in_reply), [0; 0]);
    let in_request = |scene: &mut Scene| {
        scene.exchange(0.0, &Registration::plain(1).with_after(nai()), 134);
    };
    assert_eq!(told("AUTH-007", in_request), [1]);
}

/// A request of a foreign agent, for this home address at the same care-of address, with a Type 34.
fn at_home(scene: &mut Scene, address: Ipv4Addr) {
    let request = Registration {
        home_address: address,
        care_of_address: address,
        source: SocketAddrV4::new(care_of(1), 434),
        identification: Some(timestamp(0.0)),
        ..Registration::relayed(1)
    };
    let mut payload = request.clone().with(short(131, b"a@b.example")).payload();
    sign(&mut payload, 34, FOREIGN_HOME_KEY);
    scene.datagram(0.0, &request, &payload);
}

#[test]
fn a_node_that_knows_neither_address_is_not_at_home() {
    assert_eq!(told("AUTH-008", |scene: &mut Scene| at_home(scene, Ipv4Addr::UNSPECIFIED)), [0; 0]);
    assert_eq!(told("AUTH-008", |scene: &mut Scene| at_home(scene, NODE)), [1]);
}

#[test]
fn a_reserved_spi_is_told_with_the_document_of_its_extension() {
    let with = |extension: Vec<u8>| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration::plain(1).with_after(extension.clone()), 134);
        }
    };
    let spi = [&[0, 0, 0, 3][..], &[9; 16]].concat();
    says("AUTH-003", "RFC 4721 §7", with(long(36, 1, &spi)));
    says("AUTH-003", "RFC 5944 §1.6", with(short(33, &spi)));
}

/// A request with a Type 36 of this Sub-Type behind its Type 32, made with the key of the node and changed in a bit
/// where it is wrong.
fn generalized(scene: &mut Scene, subtype: u8, is_wrong: bool) {
    let request = Registration { identification: Some(timestamp(0.0)), ..Registration::plain(1) };
    let key = Key::parse(KEY).unwrap();
    let mut payload = request.payload();
    payload.extend_from_slice(&[36, subtype, 0, 20]);
    payload.extend_from_slice(&key.spi.to_be_bytes());
    let mut authenticator = key.authenticator(&payload);
    authenticator[0] ^= u8::from(is_wrong);
    payload.extend_from_slice(&authenticator);
    scene.datagram(0.0, &request, &payload);
}

#[test]
fn the_generalized_authenticator_of_subtype_1_is_verified_too() {
    assert_eq!(told("AUTH-006", |scene: &mut Scene| generalized(scene, 1, true)), [1]);
    assert_eq!(told("AUTH-006", |scene: &mut Scene| generalized(scene, 1, false)), [0; 0]);
    // What another Sub-Type covers is not said.
    assert_eq!(told("AUTH-006", |scene: &mut Scene| generalized(scene, 2, true)), [0; 0]);
}

/// Of Types 32, 33 and 34 an SPI and an octet, of Type 36 an SPI and 16 octets.
#[test]
fn how_short_an_authentication_extension_may_be() {
    let with = |kind, extension: Vec<u8>| {
        move |scene: &mut Scene| {
            let key = if kind == 32 { None } else { Some(KEY) };
            scene.exchange(
                0.0,
                &Registration { key, ..Registration::plain(1) }.with_after(extension.clone()),
                134,
            );
        }
    };
    let data = |length| [&[0, 0, 0x22, 0x22][..], &[9; 16]].concat()[..length].to_vec();
    for (kind, section) in [(32, "§3.5.2"), (33, "§3.5.3"), (34, "§3.5.4")] {
        assert_eq!(told("AUTH-004", with(kind, short(kind, &data(5)))), [0; 0], "{kind}");
        let words = format!("take 5 or more (RFC 5944 {section})");
        says("AUTH-004", &words, with(kind, short(kind, &data(4))));
    }
    assert_eq!(told("AUTH-004", with(36, long(36, 1, &data(20)))), [0; 0]);
    says("AUTH-004", "take 20 or more (RFC 4721 §5)", with(36, long(36, 1, &data(19))));
}

/// In a reply to a foreign agent Type 34 comes last, and what stands before it has no order.
#[test]
fn a_reply_orders_nothing_before_type_34() {
    let reply = |is_last: bool| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::relayed(1));
            let foreign = short(33, &[&[0, 0, 0x22, 0x22][..], &[9; 16]].concat());
            let reply = sent.reply(0).with(foreign).with_after(short(131, b"a@b.example"));
            let mut payload = reply.payload();
            sign(&mut payload, 34, FOREIGN_HOME_KEY);
            if !is_last {
                payload.extend_from_slice(&[131, 1, b'a']);
            }
            scene.datagram(0.02, &reply, &payload);
        }
    };
    assert_eq!(told("AUTH-007", reply(true)), [0; 0]);
    assert_eq!(told("AUTH-007", reply(false)), [2]);
}

/// A challenge behind Type 32 to which nothing answers: a request to a foreign agent, and its reply.
#[test]
fn a_challenge_is_answered_by_requests() {
    let challenge = || short(132, &[1, 2, 3, 4]);
    let request = |scene: &mut Scene| {
        scene.send(0.0, &Registration::relayed(1).to_foreign_agent().with_after(challenge()));
    };
    assert_eq!(told("AUTH-010", request), [1]);
    let reply = |scene: &mut Scene| {
        let sent = scene.send(0.0, &Registration::relayed(1).to_foreign_agent());
        scene.send(0.02, &sent.reply(0).with_after(challenge()));
    };
    assert_eq!(told("AUTH-010", reply), [0; 0]);
}
