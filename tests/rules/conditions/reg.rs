//! Base registration and revocation (REG, REV), by themselves.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{says, told};
use crate::history::{HOME_AGENT, NODE, care_of};
use crate::scene::{Registration, Scene, short, timestamp};

/// A request with an NAI.
fn named(request: Registration) -> Registration {
    request.with(short(131, b"a@b.example"))
}

/// A request, and the reply to it with this code, changed.
fn answered(
    request: Registration,
    code: u8,
    change: impl Fn(Registration) -> Registration,
) -> impl Fn(&mut Scene) {
    move |scene: &mut Scene| {
        let sent = scene.send(0.0, &request);
        scene.send(0.02, &change(sent.reply(code)));
    }
}

#[test]
fn a_node_without_addresses_does_not_register_its_home_address() {
    let at = |address: Ipv4Addr, lifetime| {
        let request = Registration {
            home_address: address,
            care_of_address: address,
            lifetime,
            ..Registration::plain(1)
        };
        move |scene: &mut Scene| {
            scene.exchange(0.0, &named(request.clone()), 134);
        }
    };
    assert_eq!(told("REG-002", at(Ipv4Addr::UNSPECIFIED, 600)), [0; 0]);
    assert_eq!(told("REG-002", at(NODE, 600)), [1]);
    assert_eq!(told("REG-002", at(NODE, 1)), [1]);
    assert_eq!(told("REG-002", at(NODE, 0)), [0; 0]);
}

/// The code groups of D2, by the list of the rule.
#[test]
fn the_codes_that_are_assigned() {
    for code in 0..=255 {
        let is_known = matches!(
            code,
            0 | 1 | 64..=82 | 88..=90 | 96..=101 | 104..=115 | 127..=150 | 152 | 153 | 192..=194
        );
        let at = told("REG-025", answered(Registration::plain(1), code, |reply| reply));
        assert_eq!(at, if is_known { vec![] } else { vec![2] }, "{code}");
    }
}

#[test]
fn a_refusal_owes_no_addresses() {
    let nobody = Ipv4Addr::UNSPECIFIED;
    for (code, at) in [(0, &[2][..]), (1, &[2]), (136, &[])] {
        let no_home = answered(named(Registration::plain(1)), code, |reply| {
            named(Registration { home_address: nobody, ..reply })
        });
        assert_eq!(told("REG-005", no_home), at, "{code}");
        let no_agent =
            answered(Registration::plain(1), code, |reply| Registration { home_agent: nobody, ..reply });
        assert_eq!(told("REG-005", no_agent), at, "{code}");
    }
}

#[test]
fn a_home_agent_gives_the_nai_back_where_it_speaks_itself() {
    let relayed = || named(Registration::relayed(1));
    assert_eq!(told("REG-005", answered(relayed(), 0, |reply| reply)), [2]);
    assert_eq!(told("REG-005", answered(relayed(), 136, |reply| reply)), [2]);
    // A foreign agent's code; and what it passes on to the node.
    assert_eq!(told("REG-005", answered(relayed(), 78, |reply| reply)), [0; 0]);
    assert_eq!(told("REG-005", answered(relayed().to_foreign_agent(), 0, |reply| reply)), [0; 0]);
}

#[test]
fn a_group_is_no_home_agent() {
    let named_as = |code, agent: Ipv4Addr| {
        answered(Registration::plain(1), code, move |reply| Registration { home_agent: agent, ..reply })
    };
    for agent in [Ipv4Addr::BROADCAST, Ipv4Addr::new(224, 0, 0, 11)] {
        assert_eq!(told("REG-007", named_as(0, agent)), [2]);
        assert_eq!(told("REG-007", named_as(136, agent)), [2]);
        assert_eq!(told("REG-007", named_as(78, agent)), [0; 0]);
    }
    assert_eq!(told("REG-007", named_as(136, Ipv4Addr::new(198, 51, 100, 2))), [0; 0]);
}

#[test]
fn a_refusal_grants_no_extreme_lifetime() {
    let granting = |code, lifetime| {
        let request = Registration { lifetime: u16::MAX, ..Registration::plain(1) };
        answered(request, code, move |reply| Registration { lifetime, ..reply })
    };
    for (lifetime, at) in [(0, &[2][..]), (1, &[]), (65_534, &[]), (65_535, &[2])] {
        assert_eq!(told("REG-009", granting(0, lifetime)), at, "{lifetime}");
        assert_eq!(told("REG-009", granting(134, lifetime)), [0; 0], "{lifetime}");
    }
}

/// Each end of a reply is that of its request, and each counts.
#[test]
fn a_reply_goes_the_way_of_its_request_back() {
    let with = |change: fn(&mut Registration)| {
        move |scene: &mut Scene| {
            scene.wait_until(0.0);
            let sent = scene.send(20.0, &Registration::plain(1));
            let mut reply = sent.reply(0);
            change(&mut reply);
            scene.send(20.02, &reply);
        }
    };
    let changes: [fn(&mut Registration); 4] = [
        |reply| reply.source.set_port(5434),
        |reply| reply.destination.set_port(5434),
        |reply| reply.source.set_ip(Ipv4Addr::new(198, 51, 100, 2)),
        |reply| reply.destination.set_ip(care_of(9)),
    ];
    assert_eq!(told("REG-021", with(|_| ())), [0; 0]);
    for change in changes {
        assert_eq!(told("REG-021", with(change)), [3]);
        // What answers a request was asked for, wherever it goes.
        assert_eq!(told("REG-011", with(change)), [0; 0]);
    }
}

#[test]
fn encapsulations_are_asked_for_with_any_lifetime_that_registers() {
    let asking = |octet, lifetime| {
        answered(Registration { octet, lifetime, ..Registration::plain(1) }, 134, |reply| reply)
    };
    // D, M, G and T.
    assert_eq!(told("REG-026", asking(0x3a, 1)), [1]);
    assert_eq!(told("REG-026", asking(0x3a, 0)), [0; 0]);
    assert_eq!(told("REG-026", asking(0x2a, 1)), [0; 0]);
    // Without D.
    assert_eq!(told("REG-026", asking(0x0a, 1)), [1]);
    assert_eq!(told("REG-026", asking(0x12, 1)), [1]);
    assert_eq!(told("REG-026", asking(0x02, 1)), [0; 0]);
}

/// A request for one home agent, the reply to it from another: it matters where it was sent, and to whom.
#[test]
fn the_home_agent_that_was_asked_is_one_address_that_was_written_to() {
    let other = Ipv4Addr::new(198, 51, 100, 2);
    let answered_by_other = |request: Registration| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &request);
            scene.send(0.02, &Registration { home_agent: other, ..sent.reply(0) });
        }
    };
    let to = |address: Ipv4Addr| {
        let destination = SocketAddrV4::new(address, 434);
        answered_by_other(Registration { home_agent: address, destination, ..Registration::plain(1) })
    };
    assert_eq!(told("REG-007", to(HOME_AGENT)), [2]);
    assert_eq!(told("REG-007", to(Ipv4Addr::new(224, 0, 0, 11))), [0; 0]);
    assert_eq!(told("REG-007", to(Ipv4Addr::UNSPECIFIED)), [0; 0]);
    assert_eq!(told("REG-007", answered_by_other(Registration::relayed(1).to_foreign_agent())), [0; 0]);
}

#[test]
fn a_combination_of_encapsulations_is_told_once_whatever_else_is_asked_for() {
    let then = |octet| {
        move |scene: &mut Scene| {
            // D, M, G and T; then others.
            scene.exchange(0.0, &Registration { octet: 0x3a, ..Registration::plain(1) }, 134);
            scene.exchange(5.0, &Registration { octet, ..Registration::plain(1) }, 134);
        }
    };
    for octet in [0x3a, 0xba, 0x7a, 0x3e, 0x38, 0x3b] {
        assert_eq!(told("REG-026", then(octet)), [1], "{octet:#04x}");
    }
    for octet in [0x1a, 0x0a, 0x12] {
        assert_eq!(told("REG-026", then(octet)), [1, 3], "{octet:#04x}");
    }
}

#[test]
fn a_home_agent_that_is_assigned_may_be_another() {
    let other = Ipv4Addr::new(198, 51, 100, 2);
    // Dynamic Home Agent (Type 139, a long header) in either message.
    let assigned = |in_request: bool, in_reply: bool| {
        move |scene: &mut Scene| {
            let dynamic = |is_there, message: Registration| {
                if is_there { message.with(crate::scene::long(139, 1, &other.octets())) } else { message }
            };
            let sent = scene.send(0.0, &dynamic(in_request, Registration::plain(1)));
            scene.send(0.02, &dynamic(in_reply, Registration { home_agent: other, ..sent.reply(0) }));
        }
    };
    assert_eq!(told("REG-007", assigned(false, false)), [2]);
    assert_eq!(told("REG-007", assigned(true, false)), [0; 0]);
    assert_eq!(told("REG-007", assigned(false, true)), [0; 0]);
}

#[test]
fn a_refusal_grants_nothing() {
    let granting =
        |code| answered(Registration::plain(1), code, |reply| Registration { lifetime: 1_800, ..reply });
    assert_eq!(told("REG-008", granting(0)), [2]);
    assert_eq!(told("REG-008", granting(134)), [0; 0]);
}

/// A request to the mobility agents around, without a home agent; any of them answers from its own address.
#[test]
fn who_answers_a_group_answers_from_its_own_address() {
    let to = |address: Ipv4Addr, lifetime| {
        move |scene: &mut Scene| {
            let destination = SocketAddrV4::new(address, 434);
            let home_agent = Ipv4Addr::UNSPECIFIED;
            let sent = scene
                .send(0.0, &Registration { lifetime, home_agent, destination, ..Registration::plain(1) });
            let source = SocketAddrV4::new(HOME_AGENT, 434);
            scene.send(0.02, &Registration { home_agent: HOME_AGENT, source, ..sent.reply(134) });
        }
    };
    assert_eq!(told("REG-021", to(Ipv4Addr::new(224, 0, 0, 11), 600)), [0; 0]);
    assert_eq!(told("REG-021", to(Ipv4Addr::BROADCAST, 600)), [0; 0]);
    assert_eq!(told("REG-021", to(Ipv4Addr::new(198, 51, 100, 2), 600)), [2]);
    assert_eq!(told("REG-021", to(Ipv4Addr::new(198, 51, 100, 2), 1)), [2]);
    assert_eq!(told("REG-021", to(Ipv4Addr::new(198, 51, 100, 2), 0)), [0; 0]);
}

/// Two nodes behind one path: the reply to another request is not one to this.
#[test]
fn a_reply_with_another_identification_changes_no_home_address() {
    let other = Ipv4Addr::new(10, 1, 0, 2);
    let replied = |is_same: bool| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::plain(1));
            let reply = Registration { home_address: other, ..sent.reply(0) };
            let identification = if is_same { sent.identification } else { Some(timestamp(-8.5)) };
            scene.send(0.02, &Registration { identification, ..reply });
        }
    };
    assert_eq!(told("REG-006", replied(true)), [2]);
    assert_eq!(told("REG-006", replied(false)), [0; 0]);
}

#[test]
fn an_ambiguous_encapsulation_is_told_with_its_reason() {
    let asking = |octet| answered(Registration { octet, ..Registration::plain(1) }, 134, |reply| reply);
    says("REG-026", "M and G are set; no document", asking(0x3a));
    says("REG-026", "M and G are set through a foreign agent (D is clear); no document", asking(0x1a));
    says("REG-026", "G is set through a foreign agent (D is clear); the foreign agent", asking(0x0a));
    says("REG-026", "M is set through a foreign agent (D is clear); the foreign agent", asking(0x12));
}

#[test]
fn the_reserved_flags_that_are_set_are_told() {
    let with = |flags| {
        move |scene: &mut Scene| {
            scene.exchange(0.0, &Registration { octet: flags, ..Registration::plain(1) }, 134);
        }
    };
    says("REG-001", "flags are 0x26, with r set;", with(0x26));
    says("REG-001", "flags are 0x27, with r and x set;", with(0x27));
}

/// The clock goes back behind the second copy of a request, and the reply has the request's number (D8).
#[test]
fn a_reply_has_the_number_of_a_request_whose_copy_is_later_by_the_clock() {
    let at = |seconds| {
        move |scene: &mut Scene| {
            let sent = scene.send(0.0, &Registration::plain(1));
            scene.send(1.04, &sent);
            scene.send(seconds, &sent.reply(0));
        }
    };
    assert_eq!((told("REG-010", at(1.02)), told("REG-010", at(1.06))), (vec![], vec![]));
}

/// Two nodes at one foreign agent, which know no home address, ask at 0 s and at 9 s; the reply to the first one comes
/// after the reply timeout, with this number. It names the first one, or nobody.
#[test]
fn a_reply_to_one_nai_is_not_compared_with_the_request_of_another() {
    let late = |number: u64, names: Option<&'static [u8]>| {
        move |scene: &mut Scene| {
            let of = |name: &[u8], number| {
                let nobody = Ipv4Addr::UNSPECIFIED;
                let request = Registration { home_address: nobody, ..Registration::relayed(1) };
                Registration { identification: Some(number), ..request }.with(short(131, name))
            };
            let first = scene.send(0.0, &of(b"a@b.example", 7));
            scene.send(9.0, &of(b"c@d.example", 8));
            let reply = Registration { identification: Some(number), ..first.reply(134) };
            scene.send(11.0, &names.into_iter().fold(reply, |reply, name| reply.with(short(131, name))));
        }
    };
    assert_eq!(told("REG-010", late(7, Some(b"a@b.example"))), [0; 0]);
    assert_eq!(told("REG-010", late(9, Some(b"c@d.example"))), [3]);
    assert_eq!(told("REG-010", late(9, None)), [3]);
}
