//! A capture of both sides of a NAT: what is seen on the inner one is no tunnel of its own.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod history;
mod program;
mod screen;

use std::net::{Ipv4Addr, SocketAddrV4};

use history::{Ask, HOME_AGENT, History, Packet, pcap, udp_tunnel};
use program::{finished, mipflow};
use screen::Bench;

/// A node registers BID 1 through a NAT, for a tunnel in UDP (RFC 3519). A packet comes to it, and one from it goes: each is
/// there twice, and the inner side is the last to see the one, the outer side the other.
fn on_both_sides() -> History {
    let (outer, inner) = (
        SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 99), 50_000),
        SocketAddrV4::new(Ipv4Addr::new(192, 168, 1, 5), 434),
    );
    let agent = SocketAddrV4::new(HOME_AGENT, 434);
    let ask = Ask::bid(1, 0xea05_6fa1_0000_0001).at(*inner.ip()).udp_tunnel().forward(&[1], "any");
    let mut history = History::new();
    history.ask(0.9, &ask.clone().from(inner));
    let ask = ask.from(outer);
    history.ask(0.91, &ask);
    history.answer(1.0, &ask.answer(0).udp_tunnel(0));
    let (down, up) = (Packet::new().octets(), Packet::new().back().octets());
    history.packet(5.0, udp_tunnel(inner, agent, &up));
    history.packet(5.001, udp_tunnel(outer, agent, &up));
    history.packet(6.0, udp_tunnel(agent, outer, &down));
    history.packet(6.001, udp_tunnel(agent, inner, &down));
    history.tick(20.0);
    history
}

#[test]
fn a_flow_stays_in_its_tunnel_whichever_side_saw_it_last() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nat.pcap");
    std::fs::write(&path, pcap(&on_both_sides().shots)).unwrap();
    let mut bench = Bench::after(path.to_str().unwrap(), (100, 24));
    bench.keys("l");
    assert!(bench.line("10.1.0.1 ").contains(" 1 of 1 up  1 flow "), "{}", bench.text());
    let text = bench.text();
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.contains("BID 1 ")).collect();
    assert!(lines[0].contains("UDP"), "{text}");
    assert!(lines[1].contains("FID 1  conforms") && !lines[1].contains("was"), "{text}");
    assert!(lines[2].contains("no BID") && lines[2].contains("inside NAT"), "{text}");
    bench.keys("4");
    let columns: Vec<String> = bench.line("conforms").split_whitespace().map(str::to_owned).collect();
    let place = columns.iter().position(|column| column == "conforms").unwrap();
    assert_eq!(columns[place + 1], "1", "{}", bench.text());
    // The tables of decode.
    let text = finished(mipflow("decode --show nodes,flows").arg(&path)).out;
    assert_eq!(text.matches("inside NAT").count(), 2, "{text}");
    assert!(!text.contains("no BID") && !text.contains("no binding"), "{text}");
}
