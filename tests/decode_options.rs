//! The options of `mipflow decode`, each with what it changes.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;

use std::fs;

use program::capture::{RAW, datagram, fragments, hexadecimal, pcap, request};
use program::{KEY, finished, mipflow, run, shown};
use serde_json::Value;

/// A capture of these messages to port 434, and the directory it is in.
fn capture(messages: &[Vec<u8>]) -> (tempfile::TempDir, String) {
    capture_to(434, messages)
}

fn capture_to(port: u16, messages: &[Vec<u8>]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap").display().to_string();
    let frames: Vec<Vec<u8>> = messages.iter().map(|message| datagram(40_000, port, message)).collect();
    fs::write(&path, pcap(RAW, &frames)).unwrap();
    (directory, path)
}

fn messages(arguments: &str) -> Vec<Value> {
    let text = shown(&format!("decode --format json --show messages {arguments}"));
    let mut document: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(document["messages"].take()).unwrap()
}

/// The verdicts on the last extension of each message.
fn verdicts(arguments: &str) -> Vec<String> {
    let of = |message: &Value| {
        let extensions = message["extensions"].as_array().unwrap();
        extensions.last().unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    messages(arguments).iter().map(of).collect()
}

/// Requests signed with `mipflow-sample` under SPI 300 to 303, one an algorithm. The authenticators are Python's:
/// `hmac.new(secret, octets, hashlib.md5)`, sha1, sha256, and `md5(secret + octets + secret)`.
fn signed() -> Vec<Vec<u8>> {
    [
        "20140000012c4c8de12769d5a86c695f1afc9174e91e",
        "20180000012d5a7ea133dac495e08bb8e31962229afdba47b68c",
        "20240000012e9f79c914007a62c2f1f89947f2b2169279e8798e8ace45834fe6f91700f2c3f3",
        "20140000012ff0a590a173c6aaae74a3b98d864f207e",
    ]
    .map(|extension| request(&hexadecimal(extension)))
    .to_vec()
}

#[test]
fn a_section_that_is_named_twice_is_one() {
    let nodes = shown("decode --format csv --show nodes samples/figure3.pcap");
    assert!(nodes.starts_with("home_address,nai,"), "{nodes}");
    assert_eq!(shown("decode --format csv --show nodes,nodes samples/figure3.pcap"), nodes);
    assert_eq!(shown("decode --format csv --show nodes --show nodes samples/figure3.pcap"), nodes);
}

#[test]
fn each_algorithm_verifies_its_own() {
    let (_directory, file) = capture(&signed());
    assert_eq!(verdicts(&file), ["no-key"; 4]);
    let right = "--key 300=text:mipflow-sample --key 0x12d/hmac-sha1=text:mipflow-sample \
                 --key 302/hmac-sha256=6d6970666c6f772d73616d706c65 \
                 --key 303/md5-prefix-suffix=text:mipflow-sample";
    assert_eq!(verdicts(&format!("{right} {file}")), ["valid"; 4]);
    let crossed = "--key 300/md5-prefix-suffix=text:mipflow-sample --key 301=text:mipflow-sample \
                   --key 302/hmac-sha256=text:mipflow-simple";
    assert_eq!(verdicts(&format!("{crossed} {file}")), ["invalid", "invalid", "invalid", "no-key"]);
    // Of several keys of an SPI, any may fit.
    let both = "--key 300=text:old --key 300=text:mipflow-sample";
    assert_eq!(verdicts(&format!("{both} {file}")), ["valid", "no-key", "no-key", "no-key"]);
}

#[test]
fn keys_come_from_a_file_too() {
    let (directory, file) = capture(&signed());
    let keys = directory.path().join("keys.toml");
    fs::write(
        &keys,
        "[[key]]\nspi = 300\ntext = \"mipflow-sample\"\n\n[[key]]\nspi = 302\nalgorithm = \"hmac-sha256\"\n\
         hex = \"6d6970666c6f772d73616d706c65\"\n",
    )
    .unwrap();
    let found = verdicts(&format!("--key-file {} --key 301=text:wrong {file}", keys.display()));
    assert_eq!(found, ["valid", "invalid", "valid", "no-key"]);
}

#[test]
fn a_changed_octet_is_found() {
    let mut changed = signed();
    changed[0][3] ^= 1;
    let (_directory, file) = capture(&changed);
    assert_eq!(verdicts(&format!("--key 300=text:mipflow-sample {file}"))[0], "invalid");
    let text = shown(&format!("decode --show messages --key 300=text:mipflow-sample {file}"));
    assert!(text.lines().nth(1).unwrap().ends_with("mobile-home-auth SPI 300 INVALID"), "{text}");
}

#[test]
fn older_numbers() {
    let multipath = [200, 1, 0, 4, 8, 2, 7, 0x80];
    let reply = |code| {
        let mut octets = hexadecimal("030000000a010001c6336401ea056fa000000000");
        octets[1] = code;
        octets
    };
    let (_directory, file) = capture(&[request(&multipath), reply(210), reply(211), reply(152)]);
    let plain = messages(&file);
    assert_eq!(plain[0]["extensions"][0]["name"], "unknown");
    assert_eq!(plain[3]["code_name"], "MULTIPATH_NOT_ALLOWED");
    let older = messages(&format!(
        "--ext-type 200 --code-multipath-not-allowed 210 --code-invalid-fb-identifier 211 {file}"
    ));
    let extension = &older[0]["extensions"][0];
    assert_eq!(
        (&extension["name"], &extension["bid"], &extension["bulk"]),
        (&"multipath".into(), &7.into(), &true.into())
    );
    assert_eq!(extension["if_att_name"], "E-UTRAN");
    assert_eq!(older[1]["code_name"], "MULTIPATH_NOT_ALLOWED");
    assert_eq!(older[2]["code_name"], "INVALID_FB_IDENTIFIER");
    assert_ne!(older[3]["code_name"], "MULTIPATH_NOT_ALLOWED");
}

#[test]
fn other_ports() {
    let (_directory, file) = capture_to(5434, &[request(&[])]);
    assert_eq!(shown(&format!("decode --show messages {file}")), "no Mobile IP messages in 1 packet\n");
    assert_eq!(messages(&format!("--port 5434 {file}")).len(), 1);
    assert_eq!(messages(&format!("--port 434 --port 5434 {file}")).len(), 1);
}

#[test]
fn times() {
    // Frames 3 and 4 of figure3.pcap: tshark -T fields -e frame.time_epoch gives ...000.250180 and ...000.251580.
    for (style, first, second) in [
        ("utc", "10:00:00.250180", "10:00:00.251580"),
        ("local", "12:00:00.250180", "12:00:00.251580"),
        ("relative", "0.250180", "0.251580"),
        ("delta", "0.000000", "0.001400"),
        ("epoch", "1717236000.250180", "1717236000.251580"),
    ] {
        let arguments = format!("decode --show messages --time {style} samples/figure3.pcap");
        let run = finished(mipflow(&arguments).env("TZ", "XYZ-2"));
        assert_eq!((run.code, run.error.as_str()), (0, ""));
        let column = |frame: &str| {
            let line = run.out.lines().find(|line| line.trim_start().starts_with(frame)).unwrap().to_owned();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        assert_eq!((column("3 ").as_str(), column("4 ").as_str()), (first, second), "{style}");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let plain = shown("decode --show messages samples/malformed.pcap");
    assert!(!plain.contains('\u{1b}'), "standard output is no terminal");
    let never = shown("decode --show messages --color never samples/malformed.pcap");
    assert_eq!(never, plain);
    for no_color in ["", "1"] {
        // What is said on the command line is stronger than the environment.
        let mut command = mipflow("decode --show messages --color always samples/malformed.pcap");
        let coloured = finished(command.env("NO_COLOR", no_color)).out;
        assert!(coloured.contains("\u{1b}[2m"), "{coloured}");
        assert_eq!(without_colour(&coloured), plain);
    }
    let tree = shown("decode -v --show messages --color always samples/extensions.pcap");
    assert_eq!(without_colour(&tree), shown("decode -v --show messages samples/extensions.pcap"));
}

/// The text without `ESC [ ... m`.
fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        text.push_str(part.split_once('m').unwrap().1);
        text
    })
}

#[test]
fn text_from_packets_is_shown_and_not_obeyed() {
    for options in ["", "-v", "-x", "-v -x", "--format json", "--format ndjson", "--format csv"] {
        let text = shown(&format!("decode --show messages {options} samples/malformed.pcap"));
        let obeyed =
            |character: &char| (character.is_control() && *character != '\n') || *character == '\u{202e}';
        assert_eq!(text.chars().find(obeyed), None, "{options}");
    }
    let text = shown("decode --show messages samples/malformed.pcap");
    assert!(
        text.contains(r"\u{1b}[2J\u{1b}]0;owned\u{7}root\u{1b}[8m@evil\r\n\u{202e}gro.elpmaxe"),
        "{text}"
    );
    // In JSON it reads back as it was sent.
    let attack = "\u{1b}[2J\u{1b}]0;owned\u{7}root\u{1b}[8m@evil\r\n\u{202e}gro.elpmaxe";
    assert_eq!(messages("samples/malformed.pcap")[15]["extensions"][0]["nai"], attack);
}

#[test]
fn several_files_are_one_timeline() {
    let files = ["samples/tunnels.pcap", "samples/figure3.pcap"];
    let found = messages(&files.join(" "));
    assert_eq!(found.len(), 16 + 8);
    let times: Vec<&str> = found.iter().map(|message| message["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    // Both begin in the same microsecond: the file named first goes first, then the ARP of the other.
    assert_eq!((&found[0]["frame"], &found[0]["file"]), (&1.into(), &0.into()));
    // Between them the two ARP frames at 0 and 180 µs.
    assert_eq!((&found[1]["frame"], &found[1]["file"]), (&4.into(), &0.into()));
    let swapped = messages(&format!("{} {}", files[1], files[0]));
    assert_eq!((&swapped[0]["frame"], &swapped[0]["file"]), (&2.into(), &1.into()));
    let capture: Value =
        serde_json::from_str(&shown(&format!("decode --format json --show stats {}", files.join(" "))))
            .unwrap();
    assert_eq!(capture["capture"]["files"], Value::from(files.to_vec()));
    assert_eq!(capture["capture"]["packets"], 33 + 46);
}

#[test]
fn trees_name_the_file_where_there_are_several() {
    let frame = |options: &str, number: u64| {
        let text = shown(&format!("decode --show messages -v {options}"));
        let begins = format!("Frame {number},");
        text.lines().find(|line| line.starts_with(&begins)).unwrap().to_owned()
    };
    let time = "2024-06-01T10:00:00.000000Z";
    assert_eq!(frame("samples/malformed.pcap", 1), format!("Frame 1, {time}, 95 octets on the link"));
    // The first file begins in the same microsecond with an ARP frame.
    assert_eq!(
        frame("samples/figure3.pcap samples/malformed.pcap", 2),
        format!("Frame 2, {time}, from samples/malformed.pcap, 95 octets on the link")
    );
}

#[test]
fn filters_choose_frames() {
    let found = messages("--bpf udp and samples/figure3.pcap".replace(" and", "").as_str());
    assert_eq!(found.len(), 8);
    let mut command = mipflow("decode --show messages -f");
    let run = finished(command.args(["host 192.0.2.130", "samples/figure3.pcap"]));
    assert_eq!((run.code, run.out.lines().count()), (0, 3));
    // Frames keep the numbers they have in the file.
    assert!(run.out.lines().nth(1).unwrap().trim_start().starts_with("18 "), "{}", run.out);
    // The others are counted among the packets of the capture, whoever reads it.
    for command in ["decode --show stats --format ndjson -f udp", "watch --headless -f udp"] {
        let records = shown(&format!("{command} samples/figure3.pcap"));
        let capture: Value = serde_json::from_str(records.lines().last().unwrap()).unwrap();
        assert_eq!((&capture["packets"], &capture["registrations"]), (&46.into(), &8.into()), "{command}");
    }
}

#[test]
fn what_was_selected_is_written() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["out.pcap", "out.pcapng"] {
        let out = directory.path().join(name).display().to_string();
        let original = shown(&format!("decode --show messages -w {out} samples/figure3.pcap"));
        let written = shown(&format!("decode --show messages {out}"));
        let without_numbers = |text: &str| -> Vec<String> {
            text.lines()
                .map(|line| line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).to_owned())
                .collect()
        };
        assert_eq!(without_numbers(&original)[1..], without_numbers(&written)[1..]);
        let stats: Value =
            serde_json::from_str(&shown(&format!("decode --format json --show stats {out}"))).unwrap();
        // Of 46 frames, four are ARP and four are DNS.
        assert_eq!(stats["capture"]["packets"], 38);
        assert_eq!(stats["capture"]["tunnelled"], 30);
    }
    // All of it is Mobile IP, fragments included, so that the same file comes out.
    let out = directory.path().join("all.pcap");
    shown(&format!("decode --show messages -w {} samples/tunnels.pcap", out.display()));
    assert!(fs::read(out).unwrap() == fs::read("samples/tunnels.pcap").unwrap());
}

#[test]
fn what_was_selected_is_written_in_the_order_of_the_capture() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let message = |port| datagram(port, 434, &request(&[]));
    let ([first_a, last_a], [first_b, last_b]) = (fragments(1001), fragments(1002));
    let [alone, _] = fragments(1003);
    let frames = [
        message(1),
        first_a,
        message(2),
        first_b,
        message(3),
        last_a,
        message(4),
        last_b,
        message(5),
        alone,
        message(6),
    ];
    fs::write(path("in.pcap"), pcap(RAW, &frames)).unwrap();
    shown(&format!("decode --show messages -w {} {}", path("out.pcap"), path("in.pcap")));
    // All but the fragment whose other one never came; the frames are a second apart, each with its time.
    let written = fs::read(path("out.pcap")).unwrap();
    let mut kept = pcap(RAW, &frames);
    let last = 16 + frames[10].len();
    kept.drain(kept.len() - last - 16 - frames[9].len()..kept.len() - last);
    assert!(written == kept, "{}", shown(&format!("decode --show messages {}", path("out.pcap"))));
    // Of one fragment that comes last, the others wait for it to the end.
    let frames = [fragments(1001)[0].clone(), message(1), message(2), fragments(1001)[1].clone()];
    fs::write(path("in.pcap"), pcap(RAW, &frames)).unwrap();
    shown(&format!("decode --show messages -w {} {}", path("out.pcap"), path("in.pcap")));
    assert!(fs::read(path("out.pcap")).unwrap() == pcap(RAW, &frames));
}

#[test]
fn verified_samples() {
    // The whole set under its one key; malformed.pcap has the one request that was changed. By what samples/README.md
    // says of their frames: all registrations have an authenticator of the node and the home agent. With a foreign agent
    // each of 22 messages has one more, but for the de-registration that is passed on. In extensions.pcap 12 are of
    // registrations, one is an AAA server's, two are of node and foreign agent, and four of the agents, two of these a
    // revocation's. In malformed.pcap three of 17 messages have none, being too short.
    for (name, valid, invalid) in [
        ("figure3", 8, 0),
        ("foreign-agent", 22 + 21, 0),
        ("tunnels", 12, 0),
        ("extensions", 12 + 1 + 2 + 4, 0),
        ("malformed", 13, 1),
    ] {
        let text = shown(&format!("decode --show messages --key {KEY} samples/{name}.pcap"));
        let count = |verdict: &str| text.matches(&format!("-auth SPI 256 {verdict}")).count();
        assert_eq!((count("valid"), count("INVALID")), (valid, invalid), "{name}");
        assert_eq!(text.matches("-auth SPI ").count(), valid + invalid, "{name}: none is left unjudged");
    }
    assert_eq!(run("decode --key 256=text:wrong samples/figure3.pcap").code, 0, "a verdict is no failure");
}

#[test]
fn a_key_of_the_environment_that_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt as _;

    let given = std::ffi::OsStr::from_bytes(b"256=text:5ec2e7\xff");
    for arguments in
        ["decode samples/figure3.pcap", "send --dry-run --ha 198.51.100.1 --home-address 10.1.0.1"]
    {
        let run = finished(mipflow(arguments).env("MIPFLOW_KEY", given));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        assert!(run.error.contains("MIPFLOW_KEY: it is not UTF-8 text"), "{arguments}: {}", run.error);
        assert!(!run.error.contains("5ec2e7"), "{}", run.error);
    }
}

#[test]
fn keys_of_the_environment_verify_where_the_command_line_names_none() {
    let verdicts = |options: &str| {
        let mut command = mipflow(&format!("decode --show messages {options} samples/figure3.pcap"));
        let run = finished(command.env("MIPFLOW_KEY", format!("300=text:another\n{KEY}\n")));
        assert_eq!((run.code, run.error.as_str()), (0, ""), "{options}");
        ["256 valid", "256 INVALID"].map(|verdict| run.out.matches(verdict).count())
    };
    assert_eq!(verdicts(""), [8, 0]);
    assert_eq!(verdicts("--key 256=text:wrong"), [0, 8]);
    assert_eq!(verdicts("--key 300=text:another"), [0, 0]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys.toml");
    fs::write(&file, "[[key]]\nspi = 300\ntext = \"another\"\n").unwrap();
    assert_eq!(verdicts(&format!("--key-file {}", file.display())), [0, 0]);
}

#[test]
fn messages_of_others_are_not_denied_where_one_node_is_asked_for() {
    // figure3.pcap holds four requests and four replies, none of this node.
    assert_eq!(
        shown("decode --show messages --node 9.9.9.9 samples/figure3.pcap"),
        "no Mobile IP messages of this node in 46 packets, of which 30 are tunnelled\n"
    );
}

/// As a script has it whose variable is empty.
#[test]
fn no_node_has_an_empty_name() {
    for arguments in ["decode --node= samples/figure3.pcap", "watch --headless --node= samples/figure3.pcap"]
    {
        let run = run(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        assert!(run.error.contains("--node"), "{}", run.error);
    }
}

#[test]
fn flows_say_when_a_cut_message_may_have_changed_their_verdicts() {
    let sample = std::fs::read("samples/figure3.pcap").unwrap();
    // The first request, which is the first frame to port 434: eight octets less of it are kept than there were.
    let length = |at: usize| u32::from_le_bytes(sample[at + 8..at + 12].try_into().unwrap()) as usize;
    let is_request = |at: &usize| sample[at + 16 + 36..at + 16 + 38] == 434u16.to_be_bytes();
    let records = std::iter::successors(Some(24), |at| Some(at + 16 + length(*at)));
    let at = records.into_iter().find(is_request).unwrap();
    let kept = length(at) - 8;
    let cut = [
        &sample[..at + 8],
        &u32::try_from(kept).unwrap().to_le_bytes(),
        &sample[at + 12..at + 16 + kept],
        &sample[at + 16 + length(at)..],
    ]
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.pcap");
    std::fs::write(&file, cut).unwrap();
    let whole = shown("decode --show flows samples/figure3.pcap");
    assert!(!whole.contains("snapshot length"), "{whole}");
    let text = shown(&format!("decode --show flows {}", file.to_str().unwrap()));
    assert!(
        text.ends_with("1 message was cut by the snapshot length; what is missing can change verdicts\n"),
        "{text}"
    );
}

/// The sample with each packet of IP in IP cut to so many octets; and how many of those have ports inside.
fn tunnels_cut_to(octets: usize) -> (Vec<u8>, usize) {
    let sample = std::fs::read("samples/figure3.pcap").unwrap();
    let mut cut = sample[..24].to_vec();
    let (mut at, mut ported) = (24, 0);
    while let Some(header) = sample.get(at..at + 16) {
        let length = u32::from_le_bytes(header[8..12].try_into().unwrap()) as usize;
        let frame = &sample[at + 16..at + 16 + length];
        // Behind Ethernet: the protocol of the outer header, then that of the inner one.
        let is_tunnel = frame[23] == 4;
        ported += usize::from(is_tunnel && [6, 17].contains(&frame[34 + 9]));
        let kept = if is_tunnel { &frame[..octets.min(length)] } else { frame };
        cut.extend(
            [&header[..8], &u32::try_from(kept.len()).unwrap().to_le_bytes(), &header[12..], kept].concat(),
        );
        at += 16 + length;
    }
    (cut, ported)
}

#[test]
fn flows_say_when_a_packet_was_cut_before_what_a_verdict_needs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.pcap");
    let flows = |octets: usize| {
        let (cut, ported) = tunnels_cut_to(octets);
        std::fs::write(&file, cut).unwrap();
        (shown(&format!("decode --show flows {}", file.to_str().unwrap())), ported)
    };
    // Ethernet, two IPv4 headers, and the first word of TCP or UDP: all that a verdict needs.
    let (whole, _) = flows(14 + 20 + 20 + 4);
    assert_eq!(whole, shown("decode --show flows samples/figure3.pcap"));
    let (text, ported) = flows(14 + 20 + 20);
    assert!(ported > 1, "{ported}");
    let told = format!(
        "\n{ported} tunnelled packets were cut before their ports by the snapshot length; what is missing can change \
         verdicts\n"
    );
    assert!(text.ends_with(&told), "{text}");
}

#[test]
fn a_timestamp_after_2036_is_one() {
    // Second 2^32 of NTP is 2036-02-07T06:28:16Z, 2085978496 s after 1970; this is four seconds later.
    let mut message = request(&[]);
    message[16..20].copy_from_slice(&4u32.to_be_bytes());
    let mut octets = pcap(RAW, &[datagram(434, 434, &message)]);
    octets[24..28].copy_from_slice(&2_085_978_500u32.to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("later.pcap");
    std::fs::write(&file, octets).unwrap();
    let text = shown(&format!("decode -v --show messages {}", file.to_str().unwrap()));
    assert!(text.contains("(NTP 2036-02-07T06:28:20Z, as in the capture)"), "{text}");
}

#[test]
fn a_locale_of_utf_8_may_be_spelled_in_two_ways() {
    for (locale, is_unicode) in
        [("C.UTF-8", true), ("de_DE.utf8", true), ("C", false), ("de_DE.ISO-8859-15", false)]
    {
        let run = finished(mipflow("decode --show nodes samples/figure3.pcap").env("LC_ALL", locale));
        assert_eq!((run.code, run.out.is_ascii()), (0, !is_unicode), "{locale}: {}", run.out);
    }
}

#[test]
fn a_ladder_among_other_sections_is_left_out_of_json() {
    let json = |show: &str| shown(&format!("decode --format json --show {show} samples/figure3.pcap"));
    assert_eq!(json("ladder,exchanges"), json("exchanges"));
}

#[test]
fn seconds_since_1970_may_have_nine_decimals() {
    // Of frame 4, which accepts the first registration; a nanosecond before, nothing is.
    let nodes = |at: &str| shown(&format!("decode --show nodes --at {at} samples/figure3.pcap"));
    assert_eq!(nodes("1717236000.251580000"), nodes("#4"));
    assert_eq!(nodes("1717236000.251579999"), nodes("#3"));
    assert_ne!(nodes("#3"), nodes("#4"));
}
