//! What `decode` says of captures by clocks that are apart.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::run;

/// The eight registrations of this sample are at three addresses: four packets at 192.0.2.10, two at each other.
const SAMPLE: &str = "samples/figure3.pcap";

/// The sample by another clock, which is ahead by so many microseconds at its frame of this place.
fn by_another_clock(ahead: impl Fn(u64) -> i64) -> Vec<u8> {
    let mut octets = fs::read(SAMPLE).unwrap();
    assert_eq!(octets[..4], [0xd4, 0xc3, 0xb2, 0xa1], "little-endian, in microseconds");
    let mut at = 24;
    for place in 0.. {
        if at >= octets.len() {
            break;
        }
        let word = |from: usize| u32::from_le_bytes(octets[from..from + 4].try_into().unwrap());
        let time = i64::from(word(at)) * 1_000_000 + i64::from(word(at + 4)) + ahead(place);
        let next = at + 16 + word(at + 8) as usize;
        let [seconds, rest] = [time / 1_000_000, time % 1_000_000].map(|part| u32::try_from(part).unwrap());
        octets[at..at + 4].copy_from_slice(&seconds.to_le_bytes());
        octets[at + 4..at + 8].copy_from_slice(&rest.to_le_bytes());
        at = next;
    }
    octets
}

#[test]
fn clocks_that_are_apart_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("other.pcap").display().to_string();
    let told = |ahead: &dyn Fn(u64) -> i64, options: &str, is_first: bool| {
        fs::write(&other, by_another_clock(ahead)).unwrap();
        let files = if is_first { [other.as_str(), SAMPLE] } else { [SAMPLE, other.as_str()] };
        let run = run(&format!("decode --format json {options} {}", files.join(" ")));
        assert_eq!(run.code, 0);
        serde_json::from_str::<serde_json::Value>(&run.out).unwrap();
        run.error
    };
    let says = |what: &str| format!("the clock of {what} sets it right\n");
    let ahead = |seconds: &str| {
        says(&format!(
            "{other} seems to be {seconds} s ahead of that of {SAMPLE}: 8 registrations stand in both, and count twice; \
             editcap -t -{seconds}"
        ))
    };
    assert_eq!(told(&|_| 700_000, "", false), ahead("0.700"));
    // An hour, as between time zones; of the copies none is a request that was sent again.
    assert_eq!(told(&|_| 3_600_000_000, "--show stats", false), ahead("3600.000"));
    // Clocks drift, and ways differ: from 0.7 s to 0.745 s over 46 frames, of which the first with a registration is
    // the third and the last the 36th, so that 0.702 s and 0.735 s are the least and the most.
    assert_eq!(told(&|place| 700_000 + 1000 * i64::try_from(place).unwrap(), "", false), ahead("0.718"));
    let behind = "samples/figure3.pcap seems to be 3.000 s behind that of";
    let behind =
        says(&format!("{behind} {other}: 8 registrations stand in both, and count twice; editcap -t 3.000"));
    assert_eq!(told(&|_| 3_000_000, "", true), behind);
    // Copies count once; two packets may have been sent again; and what is now this far apart and now that far is no
    // matter of clocks.
    assert_eq!(told(&|_| 499_000, "", false), "");
    assert_eq!(told(&|_| 700_000, "--at #8", false), "");
    assert_eq!(told(&|place| if place < 20 { 700_000 } else { 1_700_000 }, "", false), "");
}
