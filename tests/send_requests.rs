//! `send` from options: what is sent, where it is told, and what is refused before anything is.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod program;
mod responder;

use std::fs;

use program::capture::hexadecimal;
use program::{finished, mipflow, run, shown};
use responder::{Fault, KEY, Responder};
use serde_json::Value;

/// The request that these options make, by a dry run; `flow` and the like may hold blanks.
fn request(more: &[&str]) -> Value {
    let mut command = mipflow("send --dry-run --format json --ha 198.51.100.1 --home-address 10.1.0.1");
    let run = finished(command.args(more));
    assert_eq!((run.code, run.error.as_str()), (0, ""), "{more:?}");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    document["steps"][0]["request"].clone()
}

#[test]
fn defaults_are_told() {
    let request = request(&["--source", "192.0.2.10"]);
    assert_eq!(request["type"], "rrq");
    assert_eq!(request["source"], "192.0.2.10:0");
    assert_eq!(request["destination"], "198.51.100.1:434");
    assert_eq!(request["flags"], Value::Array(vec![]));
    assert_eq!(request["lifetime"], 600);
    assert_eq!(request["home_address"], "10.1.0.1");
    assert_eq!(request["home_agent"], "198.51.100.1");
    assert_eq!(request["care_of_address"], "192.0.2.10", "the address it is sent from");
    assert_eq!(request["extensions"], Value::Array(vec![]));
}

#[test]
fn each_option_has_its_field() {
    let request = request(&[
        "--care-of-address",
        "192.0.2.70",
        "--home-agent",
        "198.51.100.9",
        "--source",
        "192.0.2.10:4000",
        "--lifetime",
        "1800",
        "--flags",
        "D,T",
        "--nai",
        "node@example.org",
        "--bid",
        "7",
        "--att",
        "e-utran",
        "--label",
        "9",
        "--bulk",
        "--identification",
        "0x0123456789abcdef",
        "--key",
        "256=text:secret",
    ]);
    assert_eq!(request["care_of_address"], "192.0.2.70");
    assert_eq!(request["home_agent"], "198.51.100.9");
    assert_eq!(request["source"], "192.0.2.10:4000");
    assert_eq!(request["lifetime"], 1800);
    assert_eq!(request["flags"].to_string(), r#"["D","T"]"#);
    assert_eq!(request["identification"], "0x0123456789abcdef");
    let extensions = request["extensions"].as_array().unwrap();
    let names: Vec<&str> = extensions.iter().map(|extension| extension["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["multipath", "nai", "mobile-home-auth"]);
    assert_eq!(extensions[0]["if_att_name"], "E-UTRAN");
    let facts = ["bid", "if_att", "if_label", "bulk", "overwrite", "reserved"]
        .map(|key| extensions[0][key].to_string());
    assert_eq!(facts, ["7", "8", "9", "true", "false", "0"]);
    assert_eq!(extensions[1]["nai"], "node@example.org");
    assert_eq!(extensions[2]["verdict"], "valid");
}

#[test]
fn the_name_alone_asks_for_an_address() {
    let run = shown("send --dry-run --format json --ha 198.51.100.1 --nai node@example.org");
    assert!(run.contains(r#""home_address":"0.0.0.0""#), "{run}");
}

#[test]
fn a_flow_is_what_was_written() {
    let text =
        "forward 1,2: src 203.0.113.0/24 dst 10.1.0.1/32 proto udp sport 1024-65535 dport 5060 ds 46 spi 256";
    let flow = &request(&[
        "--bid",
        "1",
        "--flow",
        text,
        "--flow",
        "drop: any",
        "--flow",
        "forward 3: label 5",
    ])["extensions"];
    assert_eq!(flow[1]["action"], "forward");
    assert_eq!(flow[1]["bids"].to_string(), "[1,2]");
    assert_eq!(flow[1]["ts_format"], 1);
    let printed = "src 203.0.113.0/24 dst 10.1.0.1 proto udp sport 1024-65535 dport 5060 ds 46 spi 256";
    assert_eq!(flow[1]["selector_text"], printed);
    assert_eq!(flow[1]["ts_layout"], "flags directly after TS Format");
    assert_eq!((&flow[2]["action"], flow[2]["bids"].to_string()), (&"drop".into(), "[255]".to_owned()));
    assert_eq!(flow[2]["ts_format"], 1);
    assert_eq!(flow[3]["ts_format"], 2, "a flow label asks for IPv6");
    // What decode prints is read back as the same rule.
    let again = format!("forward 1,2: {printed}");
    assert_eq!(request(&["--bid", "1", "--flow", &again])["extensions"][1]["selector"], flow[1]["selector"]);
}

#[test]
fn extensions_are_taken_by_their_octets() {
    let extensions =
        &request(&["--ext", "200:c0ffee", "--ext", "154.1:04010100", "--ext", "0:"])["extensions"];
    assert_eq!((&extensions[0]["type"], &extensions[0]["data"]), (&200.into(), &"c0ffee".into()));
    assert_eq!(extensions[1]["name"], "multipath");
    assert_eq!(extensions[2]["name"], "padding");
}

#[test]
fn older_numbers_can_be_asked_for() {
    let extensions = &request(&["--ext-type", "150", "--bid", "1", "--flow", "drop: any"])["extensions"];
    assert_eq!((&extensions[0]["type"], &extensions[0]["name"]), (&150.into(), &"multipath".into()));
    assert_eq!((&extensions[1]["type"], &extensions[1]["name"]), (&150.into(), &"flow-binding".into()));
}

#[test]
fn a_dry_run_opens_no_socket_and_judges_nothing() {
    let responder = Responder::with(Fault::None);
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("dry.pcap");
    let ha = responder.ha();
    // An interface that there is none of would be an error of a socket.
    let run = run(&format!(
        "send --ha {ha} --home-address 10.1.0.1 --interface no-such-0 --dry-run --expect code=0 --repeat 2 --format json -w {}",
        capture.display()
    ));
    assert_eq!((run.code, run.error.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["steps"].as_array().unwrap().len(), 2);
    let step = &document["steps"][0];
    assert_eq!((&step["reply"], &step["attempts"], &step["passed"]), (&Value::Null, &0.into(), &Value::Null));
    assert_eq!(step["expectations"].to_string(), r#"[{"expect":"code=0","got":null,"held":null}]"#);
    assert_eq!((&document["passed"], &document["failed"]), (&0.into(), &0.into()));
    assert_eq!(responder.count(), 0);
    let port = responder.address.port();
    let decoded = shown(&format!("decode --show messages --format json --port {port} {}", capture.display()));
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    assert_eq!(decoded["messages"][0], step["request"]);
    assert_eq!(decoded["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn the_capture_holds_what_was_sent_and_received() {
    let responder = Responder::with(Fault::Duplicates);
    let directory = tempfile::tempdir().unwrap();
    for name in ["sent.pcap", "sent.pcapng"] {
        let capture = directory.path().join(name);
        let (ha, port) = (responder.ha(), responder.address.port());
        let sent = run(&format!(
            "send --ha {ha} --home-address 10.1.0.1 --key {KEY} --bid 1 --format json -w {}",
            capture.display()
        ));
        assert_eq!(sent.code, 0, "{}", sent.error);
        let sent: Value = serde_json::from_str(&sent.out).unwrap();
        let decoded = shown(&format!(
            "decode --show messages --format json --key {KEY} --port {port} {}",
            capture.display()
        ));
        let step = &sent["steps"][0];
        let decoded: Value = serde_json::from_str(&decoded).unwrap();
        let messages = decoded["messages"].as_array().unwrap();
        // Byte for byte the objects of decode, the duplicate among them.
        let told = [&step["request"], &step["reply"], &step["ignored"][0]["message"]];
        assert_eq!(messages.iter().collect::<Vec<_>>(), told);
        assert_eq!(messages[0]["udp_checksum"], "correct");
        assert_eq!(decoded["capture"]["link_types"][0], "RAW");
    }
}

#[test]
fn octets_are_shown_on_demand() {
    let text = shown("send --dry-run -x --ha 198.51.100.1 --home-address 10.1.0.1 --identification 1");
    assert!(text.starts_with("dry run: nothing is sent\n"), "{text}");
    assert!(text.contains("0000  01 00 02 58 0a 01 00 01  c6 33 64 01 00 00 00 00"), "{text}");
    assert!(text.contains("0010  00 00 00 00 00 00 00 01"), "{text}");
}

#[test]
fn where_it_goes_is_printed_first() {
    let responder = Responder::with(Fault::None);
    let ha = responder.ha();
    let arguments = format!("send --ha {ha} --home-address 10.1.0.1 --source 127.0.0.5 --key {KEY}");
    let text = shown(&arguments);
    assert!(text.starts_with(&format!("sending 1 request to {ha} from 127.0.0.5:")), "{text}");
    assert!(text.contains("ok    request  code 0 accepted for 600 s · "), "{text}");
    assert!(text.contains("RRQ  10.1.0.1 at 127.0.0.5 for 600 s"), "{text}");
    for format in ["json", "junit", "tap"] {
        let run = run(&format!("{arguments} --format {format}"));
        assert!(
            run.error.starts_with(&format!("sending 1 request to {ha} from 127.0.0.5:")),
            "{}",
            run.error
        );
    }
}

#[test]
fn a_source_port_and_the_port_of_an_agent_can_be_given() {
    let responder = Responder::with(Fault::None);
    // Who holds a port of another address keeps it from all that ask for any port at all addresses.
    let holder = std::net::UdpSocket::bind("127.0.0.7:0").unwrap();
    let free = format!("127.0.0.6:{}", holder.local_addr().unwrap().port());
    let port = responder.address.port();
    let run = run(&format!(
        "send --ha 127.0.0.1 --port {port} --source {free} --home-address 10.1.0.1 --key {KEY} --format json"
    ));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["steps"][0]["request"]["source"], free);
    assert_eq!(run.code, 0);
}

#[test]
fn what_is_wrong_is_told_before_anything_is_sent() {
    let responder = Responder::with(Fault::None);
    let ha = responder.ha();
    let node = "--home-address 10.1.0.1";
    // Each is a header of two octets and 255 of data.
    let many = format!("--ext 200:{} ", "ab".repeat(255)).repeat(255);
    for (code, arguments, said) in [
        (2, node.to_owned(), "--ha: there is no home agent to send to"),
        (2, format!("--ha {ha}"), "--home-address: there is no home address"),
        (2, format!("--ha ::1 {node}"), "is not an IPv4 address"),
        (2, format!("--ha 0.0.0.0 {node}"), "is not a home agent to send to"),
        (2, format!("--ha 224.0.0.11 {node}"), "multicast"),
        (2, format!("--ha 239.1.2.3 {node}"), "--allow-broadcast"),
        (2, format!("--ha 255.255.255.255 {node}"), "broadcast"),
        (2, format!("--ha {ha} {node} --bulk"), "without a bid there is none"),
        (2, format!("--ha {ha} {node} --att 802.11"), "add --bid"),
        (2, format!("--ha {ha} {node} --bid 256"), "256"),
        (2, format!("--ha {ha} {node} --bid 1 --att tin-can"), "is not an access technology"),
        (2, format!("--ha {ha} {node} --flags D,Q"), "'Q' is not a flag"),
        (2, format!("--ha {ha} {node} --flow forward"), "has no colon"),
        (2, format!("--ha {ha} {node} --ext 200"), "is not an extension"),
        (2, format!("--ha {ha} {node} --ext 0:00"), "one octet of padding"),
        (2, format!("--ha {ha} {node} {many}"), "--ext: the request has 65559 octets"),
        (2, format!("--ha {ha} {node} --expect kode=0"), "no 'kode' to expect"),
        (2, format!("--ha {ha} {node} --expect extension!=multipth"), "the name of an extension"),
        (2, format!("--ha {ha} {node} --identification xyz"), "is not an Identification"),
        (2, format!("--ha {ha} {node} --replay never"), "timestamp and nonce"),
        (2, format!("--ha {ha} {node} --lifetime -1"), "'-1' for '--lifetime <SECONDS>'"),
        (2, format!("--ha {ha} {node} --retries -1"), "'-1' for '--retries <N>'"),
        (2, format!("--ha {ha} {node} --rate -1"), "'-1' is not a rate"),
        (2, format!("--ha {ha} {node} --rate 0"), "is not a rate"),
        (2, format!("--ha {ha} {node} --rate 1e-30"), "is not a rate"),
        (2, format!("--ha {ha} {node} --rate inf"), "is not a rate"),
        (2, format!("--ha {ha} {node} --repeat 0"), "--repeat"),
        (2, format!("--ha {ha} {node} --repeat 4000000000"), "100000"),
        (2, format!("--ha {ha} {node} --timeout fast"), "a duration is written"),
        (2, format!("--ha {ha} {node} --key 256:secret"), "there is no '='"),
        (3, format!("--ha {ha} {node} --interface no-such-0"), "there is no interface 'no-such-0'"),
        (3, format!("--ha {ha} {node} --interface="), "there is no interface ''"),
        (3, format!("--ha {ha} {node} --source 192.0.2.200"), "an address of this host"),
        // A socket can be bound to these, and sends from another address all the same.
        (3, format!("--ha {ha} {node} --source 224.0.0.11"), "an address of this host"),
        (3, format!("--ha {ha} {node} --source 255.255.255.255"), "an address of this host"),
        (3, format!("--ha {ha} {node} --source 127.255.255.255:0"), "an address of this host"),
        (3, format!("--ha {ha} {node} -w no/such/directory.pcap"), "cannot be created"),
        (3, format!("--ha {ha} {node} --key-file no-such.toml"), "no-such.toml"),
    ] {
        let run = run(&format!("send {arguments}"));
        assert_eq!(run.code, code, "{arguments}: {}{}", run.out, run.error);
        assert!(run.error.contains(said), "{arguments}: {}", run.error);
        assert_eq!(run.out, "", "{arguments}");
    }
    assert_eq!(responder.count(), 0);
}

#[test]
fn secrets_are_never_printed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys.toml");
    fs::write(&file, "[[key]]\nspi = 256\ntext = \"hush-hush\"\n").unwrap();
    let responder = Responder::with(Fault::None);
    let ha = responder.ha();
    let common =
        format!("send --ha {ha} --home-address 10.1.0.1 --accept-unauthenticated --expect auth=valid -x");
    let mut by_environment = mipflow(&common);
    by_environment.env("MIPFLOW_KEY", "256=text:hush-hush");
    let runs = [
        run(&format!("{common} --key 256=text:hush-hush")),
        run(&format!("{common} --key-file {}", file.display())),
        finished(&mut by_environment),
        run(&format!("{common} --key text:hush-hush=256")),
        run(&format!("{common} --key 256/text:hush-hush")),
        run("send --help"),
        run(&format!("{common} --var hush-hush")),
    ];
    for run in &runs {
        assert!(
            !run.out.contains("hush-hush") && !run.error.contains("hush-hush"),
            "{}{}",
            run.out,
            run.error
        );
        assert!(!run.out.contains("686875736"), "{}", run.out);
    }
    for run in &runs[..3] {
        assert!(run.out.contains("mobile-home-auth SPI 256"), "{}", run.out);
    }
}

#[test]
fn overwriting_a_scenario_by_the_capture_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("s.toml");
    let text = "[[step]]\nha = \"127.0.0.1:9\"\nhome_address = \"10.1.0.1\"\n";
    fs::write(&file, text).unwrap();
    let run = run(&format!("send -w {0} {0}", file.display()));
    assert_eq!(run.code, 3);
    assert!(run.error.contains("which writing would destroy"), "{}", run.error);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn closed_output_ends_it_and_is_no_success() {
    use std::io::Read as _;
    use std::process::Stdio;

    let responder = Responder::with(Fault::None);
    let ha = responder.ha();
    let mut child =
        mipflow(&format!("send --ha {ha} --home-address 10.1.0.1 --key {KEY} --repeat 50 --rate 20"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
    let mut first = [0; 7];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"sending");
    assert_eq!(child.wait().unwrap().code(), Some(1), "not all of it was done");
    assert!(responder.count() < 50, "it stops when nobody reads");
}

#[test]
fn the_octets_are_those_of_the_standard() {
    let run = shown(
        "send --dry-run --format json --ha 198.51.100.1 --home-address 10.1.0.1 --care-of-address 192.0.2.10 --flags DT \
         --identification e8fe6f800d468152 --bid 1 --att 4 --overwrite",
    );
    let directory = tempfile::tempdir().unwrap();
    let capture = directory.path().join("x.pcap");
    // RFC 5944 §3.3 and RFC 7629 §4.1, field by field.
    let payload = hexadecimal(concat!(
        "01",
        "22",
        "0258",
        "0a010001",
        "c6336401",
        "c000020a",
        "e8fe6f800d468152",
        "9a",
        "01",
        "0004",
        "04",
        "01",
        "01",
        "40"
    ));
    let frames = [program::capture::datagram(434, 434, &payload)];
    fs::write(&capture, program::capture::pcap(program::capture::RAW, &frames)).unwrap();
    let decoded = shown(&format!("decode --show messages --format json {}", capture.display()));
    let (sent, expected): (Value, Value) =
        (serde_json::from_str(&run).unwrap(), serde_json::from_str(&decoded).unwrap());
    let (sent, expected) = (&sent["steps"][0]["request"], &expected["messages"][0]);
    for key in [
        "type",
        "flags",
        "lifetime",
        "home_address",
        "home_agent",
        "care_of_address",
        "identification",
        "extensions",
    ] {
        assert_eq!(sent[key], expected[key], "{key}");
    }
}
