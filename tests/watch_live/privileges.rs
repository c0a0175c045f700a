//! Root and capabilities: given up once everything is open, or missing from the beginning.

use std::net::Ipv4Addr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::json;

use crate::program::watching::{Watching, content, write_now};
use crate::program::{environment, finished, mipflow, shown};
use crate::wire::{End, Network};
use crate::{is, ready, request_of, status, watch};

#[test]
fn root_is_given_up_and_a_ring_can_still_be_made() {
    let _network = Network::with_pairs(1);
    // Nobody else can make a file here.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trace.pcap");
    let mut watching = watch(&format!("--user nobody -w {} --ring 4Kx3 a0", path.display()));
    let nobody = nix::unistd::User::from_name("nobody").unwrap().expect("there is nobody");
    let thread = watching.pid().to_string();
    let of = |thread: &str, line: &str| status(&watching, thread, line).unwrap();
    assert_eq!(of(&thread, "Uid"), vec![nobody.uid.to_string(); 4].join("\t"));
    assert_eq!(of(&thread, "Gid"), vec![nobody.gid.to_string(); 4].join("\t"));
    assert!(!of(&thread, "Groups").split(' ').any(|group| group == "0"), "root's group is gone");
    assert_eq!(of(&thread, "NoNewPrivs"), "1");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(of(&thread, set), "0000000000000000", "{set}");
    }
    // The thread that captures may raise CAP_NET_RAW to open an interface again, and nothing else.
    let tasks = std::fs::read_dir(format!("/proc/{thread}/task")).unwrap();
    let mut tasks = tasks.map(|task| task.unwrap().file_name().into_string().unwrap());
    let other = tasks.find(|task| *task != thread).expect("there is a thread that captures");
    assert_eq!((of(&other, "CapPrm"), of(&other, "CapEff")), ("0000000000002000".into(), "0".repeat(16)));

    let mut end = End::open("b0");
    // Each takes 16 octets and 94 of its own; a file has room for 36 of them.
    let frame = request_of(Ipv4Addr::new(10, 9, 0, 1), &[]);
    let octets = 16 + u64::try_from(frame.len()).unwrap();
    let sent = 100;
    for _ in 0..sent {
        end.send(&frame);
        watching.wait_for("a request", is("message"));
    }
    let ended = watching.interrupt();
    assert_eq!((ended.code, &ended.told), (Some(0), &Vec::new()));
    let mut written = 0;
    for number in 0..3 {
        let path = directory.path().join(format!("trace.{number}.pcap"));
        let metadata = std::fs::metadata(&path).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&metadata), nobody.uid.as_raw());
        assert!(
            metadata.len() <= 4096 && metadata.len() > 24,
            "{} octets in {}",
            metadata.len(),
            path.display()
        );
        assert_eq!((metadata.len() - 24) % octets, 0);
        let decoded = shown(&format!("decode --format ndjson --show messages {}", path.display()));
        written += decoded.lines().count() as u64 - 1;
    }
    assert_eq!(written, sent, "three files hold them all");
    assert_eq!(ended.capture()["packets"], sent);
}

#[test]
fn who_calls_it_by_sudo_is_whom_it_becomes() {
    let _network = Network::with_pairs(1);
    let mut command = mipflow("watch --headless a0");
    command.env("SUDO_UID", "4321").env("SUDO_GID", "4322");
    let watching = ready(Watching::start(&mut command));
    let of = |line: &str| status(&watching, &watching.pid().to_string(), line).unwrap();
    assert_eq!(of("Uid"), "4321\t4321\t4321\t4321");
    assert_eq!((of("Gid"), of("Groups")), ("4322\t4322\t4322\t4322".into(), "4322".into()));
    assert_eq!(watching.interrupt().code, Some(0));
}

#[test]
fn a_named_pipe_that_only_root_may_read_is_watched() {
    // Nobody else can open it here.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
    let mut watching = watch(&format!("--user nobody {}", path.display()));
    // Nobody is waited for when it is opened both ways.
    let mut pipe = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    std::io::Write::write_all(&mut pipe, &content("samples/figure3.pcap")).unwrap();
    watching.wait_for("an exchange", is("exchange"));
    drop(pipe);
    let ended = watching.wait();
    assert_eq!((ended.code, &ended.capture()["packets"]), (Some(0), &json!(46)));
}

#[test]
fn only_a_file_is_handed_to_whom_it_becomes() {
    let directory = tempfile::tempdir().unwrap();
    let (device, file) = (directory.path().join("null"), directory.path().join("trace.pcap"));
    // A device like /dev/null, which is everybody's.
    let made = std::process::Command::new("mknod").arg(&device).args(["c", "1", "3"]).status().unwrap();
    assert!(made.success());
    for (path, uid) in [(&device, 0), (&file, 4321)] {
        let mut command = mipflow(&format!("watch --headless -w {} -", path.display()));
        command.env("SUDO_UID", "4321").env("SUDO_GID", "4322").stdin(Stdio::null());
        assert_eq!(finished(&mut command).out.lines().count(), 1);
        let metadata = std::fs::metadata(path).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&metadata), uid, "{}", path.display());
    }
}

#[test]
fn root_is_given_up_for_files_and_standard_input_too() {
    let nobody = nix::unistd::User::from_name("nobody").unwrap().expect("there is nobody").uid.to_string();
    // Nobody else can open it here.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("figure3.pcap");
    std::fs::copy("samples/figure3.pcap", &path).unwrap();
    let file = format!("--replay 0.1 {}", path.display());
    let named = format!("--user nobody {file}");
    for (arguments, uid) in [("-", "4321"), (&file, "4321"), (&named, &nobody)] {
        let mut command = mipflow(&format!("watch --headless {arguments}"));
        command.env("SUDO_UID", "4321").env("SUDO_GID", "4322").stdin(Stdio::piped());
        let mut watching = ready(Watching::start(&mut command));
        let mut input = watching.input();
        if arguments == "-" {
            write_now(&mut input, &content("samples/figure3.pcap"));
        }
        watching.wait_for("the first message", is("message"));
        // The thread that reads, too.
        for task in std::fs::read_dir(format!("/proc/{}/task", watching.pid())).unwrap() {
            let thread = task.unwrap().file_name().into_string().unwrap();
            let of = |line: &str| status(&watching, &thread, line).unwrap();
            assert_eq!(of("Uid"), [uid; 4].join("\t"), "{arguments}");
            assert_eq!((of("CapEff"), of("NoNewPrivs")), ("0".repeat(16), "1".into()), "{arguments}");
        }
        assert_eq!(watching.interrupt().code, Some(0), "{arguments}");
    }
}

#[test]
fn without_permission_the_capability_and_the_command_that_grants_it_are_named() {
    let _network = Network::with_pairs(1);
    // Where nobody can reach it, behind a link.
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = directory.path().join("the real one");
    std::fs::copy(environment::PROGRAM, &binary).unwrap();
    let link = directory.path().join("mipflow");
    symlink(&binary, &link).unwrap();
    let nobody = nix::unistd::User::from_name("nobody").unwrap().expect("there is nobody");
    let mut command = environment::command(link.to_str().unwrap());
    command.args(["watch", "--headless", "a0"]).uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw());
    command.current_dir("/");
    let run = finished(&mut command);
    let real = binary.canonicalize().unwrap();
    let grant = format!("sudo setcap cap_net_raw,cap_net_admin+ep '{}'", real.display());
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(run.error.contains("the capability CAP_NET_RAW is missing"), "{}", run.error);
    assert!(run.error.contains(&grant), "{}", run.error);
    // Somebody who is not root cannot become another.
    command.args(["--user", "root"]);
    let run = finished(&mut command);
    assert!(run.code == 2 && run.error.contains("only root can run as `root`"), "{}", run.error);
}
