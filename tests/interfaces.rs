//! `mipflow interfaces`: what can be captured from, as the system has it.

#![cfg(target_os = "linux")]
// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::shown;

/// Flags of an interface in `/sys/class/net` (`IFF_UP`, `IFF_LOOPBACK`).
const UP: u32 = 1;
const LOOPBACK: u32 = 8;

#[test]
fn interfaces_are_listed_with_their_state() {
    let text = shown("interfaces");
    let listed: Vec<(&str, Vec<&str>)> = text
        .lines()
        .map(|line| line.split_once("  ").expect("a name and facts"))
        .map(|(name, facts)| (name.trim(), facts.trim().split(", ").collect()))
        .collect();
    let mut seen = 0;
    for entry in fs::read_dir("/sys/class/net").unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Not all that are there are interfaces, and some come and go while other tests run.
        let Ok(flags) = fs::read_to_string(entry.path().join("flags")) else { continue };
        let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap();
        let Some((_, facts)) = listed.iter().find(|(listed, _)| *listed == name) else {
            assert_ne!(name, "lo", "{text}");
            continue;
        };
        assert_eq!(facts[0], if flags & UP > 0 { "up" } else { "down" }, "{name}\n{text}");
        assert_eq!(facts.contains(&"loopback"), flags & LOOPBACK > 0, "{name}\n{text}");
        seen += 1;
    }
    assert!(seen >= 1, "{text}");
    // What is listed can be watched.
    for (name, _) in &listed {
        let is_there = *name == "any" || nix::net::if_::if_nametoindex(*name).is_ok();
        assert!(is_there, "{name} is no interface of this host\n{text}");
    }
    let (_, loopback) = listed.iter().find(|(name, _)| *name == "lo").unwrap();
    assert!(loopback[0] == "down" || loopback.contains(&"127.0.0.1"), "{text}");
}
