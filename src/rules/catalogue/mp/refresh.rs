//! Bindings refreshed and changed (MP).

use std::net::Ipv4Addr;

use crate::rules::facts::{Asking, Traits, data_octet, fields};
use crate::rules::finder::Finder;
use crate::rules::rule::Check;
use crate::rules::{Level, Rule, Scope, Subject, words};
use crate::state::{Bid, Binding};
use crate::time::Timestamp;
use crate::wire::{Multipath, RequestFlags};

pub static MP_014: Rule = Rule {
    id: "MP-014",
    title: "Care-of Address of a binding changed without Overwrite",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 0 and Lifetime above 0 whose BID names a live BID-keyed \
        binding of the session that has a different Care-of Address.",
    why: "\
        The text demands O = 1 for a parameter update; without it some home agents keep the old address or \
        refuse, and the path goes dark. See MP-019 for the price of setting O.",
    example: "BID 1 is live at 192.0.2.1; a request for BID 1 from 192.0.2.9 with flags octet 00",
    check: Check::Request(Traits::MULTIPATH, address_changed),
};

fn address_changed(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(multipath) = registering(asking).filter(|multipath| !multipath.overwrite) else { return };
    let Some(binding) = with_bid(asking, multipath.bid) else { return };
    let asked = asking.request.care_of_address;
    if binding.care_of_address != asked {
        finder.fires(format!(
            "BID {} is live at Care-of Address {} and is registered again at {asked} without O; a change of parameters \
             needs O (RFC 7629 §5.1)",
            multipath.bid, binding.care_of_address
        ))
        .at(fields::CARE_OF_ADDRESS);
    }
}

pub static MP_015: Rule = Rule {
    id: "MP-015",
    title: "Registered Care-of Address re-registered under another BID",
    level: Level::Must,
    source: "RFC 7629 §2.2, §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, hdr.D = 1, MP.O = 0 and Lifetime above 0 whose Care-of Address \
        equals that of a live BID-keyed binding of the session with a different BID, while no live binding \
        with that Care-of Address has the RRQ's BID.",
    why: "\
        A refresh has to carry the identifier given at first registration; a new one creates a twin binding \
        and leaves policies pointing at the old number.",
    example: "192.0.2.1 is live as BID 1; a request from 192.0.2.1 with BID 2",
    check: Check::Request(Traits::MULTIPATH, another_bid_for_an_address),
};

fn another_bid_for_an_address(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(multipath) = registering(asking).filter(|multipath| !multipath.overwrite) else { return };
    let address = asking.request.care_of_address;
    if !asking.request.flags.co_located() {
        return;
    }
    let bids = bids_at(asking, address);
    if !bids.is_empty() && !bids.contains(&multipath.bid) {
        let octets = asking.message.multipaths().next().map(|extension| data_octet(extension, 2));
        let fired = finder.fires(format!(
            "Care-of Address {address} is live as {} and is registered again as BID {}; a refresh keeps its BID \
             (RFC 7629 §5.1)",
            words::bids(bids),
            multipath.bid
        ));
        if let Some(octets) = octets {
            fired.at(octets);
        }
    }
}

pub static MP_017: Rule = Rule {
    id: "MP-017",
    title: "Interface type or label changed without Overwrite",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 0 and Lifetime above 0 whose BID names a live BID-keyed \
        binding with the same Care-of Address but a different If-ATT or If-Label.",
    why: "\
        Changing binding parameters calls for O = 1; otherwise the label-based static policy may still use \
        the old values.",
    example: "BID 1 is live as 04 01 (WLAN, label 1); then 9a 01 00 04  08 01 01 00 from the same address",
    check: Check::Request(Traits::MULTIPATH, interface_changed),
};

fn interface_changed(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let Some(multipath) = registering(asking).filter(|multipath| !multipath.overwrite) else { return };
    let Some(binding) = with_bid(asking, multipath.bid) else { return };
    let Some(interface) = binding.interface else { return };
    let same =
        interface.access_technology == multipath.access_technology && interface.label == multipath.label;
    if binding.care_of_address == asking.request.care_of_address && !same {
        finder.fires(format!(
            "BID {} is live with If-ATT {} and If-Label {}, and is refreshed with {} and {} without O; a change of \
             parameters needs O (RFC 7629 §5.1)",
            multipath.bid,
            interface.access_technology.0,
            interface.label,
            multipath.access_technology.0,
            multipath.label
        ));
    }
}

pub static MP_018: Rule = Rule {
    id: "MP-018",
    title: "Refresh of a multipath binding without Multipath extension",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ without any Type 154 Sub-Type 1, with Lifetime above 0, whose Care-of Address equals \
        that of a live BID-keyed binding of the session, unless an RRP with code 152 was sent to the session \
        after that binding was last accepted.",
    why: "To the home agent this is an ordinary registration that replaces every other path of the node.",
    example: "192.0.2.1 is live as BID 1; a request from 192.0.2.1 without extension 154",
    check: Check::Request(Traits::NO_MULTIPATH, refresh_without_multipath),
};

fn refresh_without_multipath(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    if asking.request.lifetime == 0 || asking.message.has_multipath() || !asking.message.is_whole() {
        return;
    }
    let address = asking.request.care_of_address;
    let refused_since = |binding: &Binding| {
        asking.session.last_refused.is_some_and(|refused| refused > last_accepted(asking, binding))
    };
    let found = asking
        .live_with_bid()
        .find(|binding| binding.care_of_address == address && !refused_since(binding))
        .and_then(Binding::bid);
    if let Some(bid) = found {
        finder.fires(format!(
            "Care-of Address {address} is live as BID {} and is registered again without a Multipath extension; a \
             refresh carries it (RFC 7629 §5.1)",
            bid.octet()
        ));
    }
}

pub static MP_020: Rule = Rule {
    id: "MP-020",
    title: "De-registration without the binding's own BID",
    level: Level::Must,
    source: "RFC 7629 §5.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with Lifetime 0 and Care-of Address different from Home Address when the session has \
        live BID-keyed bindings with that Care-of Address and the RRQ either has no MP or has a usable MP \
        with MP.B = 0 whose BID is that of none of them.",
    why: "The home agent may remove the wrong binding or none, leaving a tunnel into a dead interface.",
    example: "192.0.2.1 is live as BID 1; a request with Lifetime 0 from 192.0.2.1 with BID 2",
    check: Check::Request(Traits::DEREGISTERS, deregistration_without_its_bid),
};

fn deregistration_without_its_bid(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    let request = asking.request;
    if request.lifetime != 0 || request.care_of_address == request.home_address || !asking.message.is_whole()
    {
        return;
    }
    let address = request.care_of_address;
    let bids = bids_at(asking, address);
    if bids.is_empty() {
        return;
    }
    let named = match asking.message.usable {
        None if asking.message.has_multipath() => return,
        None => "no Multipath extension".to_owned(),
        Some(multipath) if multipath.bulk || bids.contains(&multipath.bid) => return,
        Some(multipath) => format!("BID {}", multipath.bid),
    };
    finder.fires(format!(
        "Care-of Address {address} is live as {} and is de-registered with {named}; its own BID is needed \
         (RFC 7629 §5.1)",
        words::bids(bids)
    ));
}

pub static MP_024: Rule = Rule {
    id: "MP-024",
    title: "Multipath request not sent from the interface it registers",
    level: Level::Must,
    source: "RFC 7629 §5.1; RFC 5944 §3.6.1.1",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with MP on the HA leg with hdr.D = 1, Lifetime above 0 and IP source different from \
        its Care-of Address. The finding says if the source is the tunnel endpoint of another live binding. \
        Excludes RRQs with Type 144 or Type 34 and RRQs whose ID was seen earlier on an FA leg. \
        De-registrations are excluded because the interface may be gone.",
    why: "\
        The path was never tested in the direction of the home agent, and a default-route bug on the client \
        makes all registrations share one access.",
    example: "IP source 192.0.2.2, Care-of Address c0 00 02 01 (192.0.2.1), D set, with a Multipath extension",
    check: Check::Request(Traits::MULTIPATH.and(Traits::FROM_ELSEWHERE), not_from_its_interface),
};

fn not_from_its_interface(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    // A Type 144 may be in what was not captured.
    if !asking.message.has_multipath() || !asking.message.is_whole() {
        return;
    }
    let Some(source) = asking.strange_source() else { return };
    let other = asking.live().find(|binding| {
        binding.far_end.address == source && binding.care_of_address != asking.request.care_of_address
    });
    let whose = match other.map(Binding::bid) {
        Some(Some(bid)) => format!(", the end of the tunnel of BID {}", bid.octet()),
        Some(None) => ", the end of the tunnel of another binding".to_owned(),
        None => String::new(),
    };
    finder.fires(format!(
        "the request registers Care-of Address {} and comes from {source}{whose}; it has to leave by the interface it \
         registers (RFC 7629 §5.1)",
        asking.request.care_of_address
    ));
}

pub static MP_025: Rule = Rule {
    id: "MP-025",
    title: "Plain registration while multipath bindings are live",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.6.1.2, §3.8.2.2",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ without any Type 154 Sub-Type 1, with Lifetime above 0, whose Care-of Address \
        belongs to no live BID-keyed binding, while the session has at least one such binding and no RRP \
        with code 152 was sent to it since the newest of them was accepted.",
    why: "\
        Base rules then delete all earlier bindings unless S is set; RFC 7629 says nothing about mixing the \
        two kinds.",
    example: "BID 1 is live at 192.0.2.1; a request from 192.0.2.9 without extension 154",
    check: Check::Request(Traits::NO_MULTIPATH, plain_beside_multipath),
};

fn plain_beside_multipath(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    if asking.request.lifetime == 0 || asking.message.has_multipath() || !asking.message.is_whole() {
        return;
    }
    let address = asking.request.care_of_address;
    let Some(newest) = asking.live_with_bid().map(|binding| last_accepted(asking, binding)).max() else {
        return;
    };
    let is_known = asking.live_with_bid().any(|binding| binding.care_of_address == address);
    let refused_since = asking.session.last_refused.is_some_and(|refused| refused > newest);
    if !is_known && !refused_since {
        let live = asking.live_with_bid().filter_map(Binding::bid).map(Bid::octet);
        finder.fires(format!(
            "a registration of {address} without a Multipath extension while {} live; by RFC 5944 §3.8.2.2 it \
             replaces all bindings unless S is set, RFC 7629 §5.1 is silent",
            words::bids_are(live)
        ));
    }
}

pub static MP_028: Rule = Rule {
    id: "MP-028",
    title: "Refresh changes tunnel flags without Overwrite",
    level: Level::Note,
    source: "RFC 7629 §5.1; RFC 5944 §3.3",
    subject: Subject::MobileNode,
    scope: Scope::State,
    fires: "\
        Fires on an RRQ with a usable MP, MP.O = 0 and Lifetime above 0 whose BID names a live BID-keyed \
        binding with the same Care-of Address when hdr.D, hdr.M, hdr.G or hdr.T differs from the RRQ that \
        created or last refreshed it.",
    why: "\
        A renewal has to look like the first registration and parameter changes call for O = 1, but the text \
        does not say if header flags count as parameters; the tunnel type may change under live traffic.",
    example: "BID 1 was registered with flags 22 (D, T); its refresh has flags 2a (D, G, T) and no O",
    check: Check::Request(Traits::MULTIPATH, flags_changed),
};

fn flags_changed(asking: &Asking<'_, '_, '_>, finder: &mut Finder<'_>) {
    const TUNNEL: u8 = RequestFlags::D | RequestFlags::M | RequestFlags::G | RequestFlags::T;
    let Some(multipath) = registering(asking).filter(|multipath| !multipath.overwrite) else { return };
    let Some(binding) = with_bid(asking, multipath.bid) else { return };
    let (before, now) = (binding.flags, asking.request.flags);
    if binding.care_of_address == asking.request.care_of_address && (before.0 ^ now.0) & TUNNEL != 0 {
        let letters = |flags: RequestFlags| {
            let letters: Vec<&str> = RequestFlags(flags.0 & TUNNEL).letters().collect();
            if letters.is_empty() { "none".to_owned() } else { letters.join(" ") }
        };
        finder
            .fires(format!(
                "BID {} was registered with tunnel flags {} and is refreshed with {} without O; RFC 7629 §5.1 does not say \
                 whether these are parameters",
                multipath.bid,
                letters(before),
                letters(now)
            ))
            .at(fields::FLAGS);
    }
}

/// The usable Multipath extension of a request with a lifetime above 0.
fn registering(asking: &Asking<'_, '_, '_>) -> Option<Multipath> {
    asking.message.usable.filter(|_| asking.request.lifetime > 0)
}

/// The live binding with this BID.
fn with_bid<'c>(asking: &Asking<'c, '_, '_>, bid: u8) -> Option<&'c Binding> {
    asking.live_with_bid().find(|binding| binding.has_bid(bid))
}

/// The BIDs of the live bindings at an address.
fn bids_at(asking: &Asking<'_, '_, '_>, address: Ipv4Addr) -> Vec<u8> {
    let here = asking.live_with_bid().filter(|binding| binding.care_of_address == address);
    here.filter_map(Binding::bid).map(Bid::octet).collect()
}

/// When a binding was last accepted by a request of its own; if that is not remembered, when it was last refreshed.
fn last_accepted(asking: &Asking<'_, '_, '_>, binding: &Binding) -> Timestamp {
    asking.session.registered(binding).map_or(binding.refreshed, |registered| registered.accepted.time)
}
