//! Every key through the update function, and what follows from it.

mod screen;

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use mipflow::tui::{Action, Effect, Extent, KEYS, Message, ReplayOrder, SaveError, SaveFormat, View};
use proptest::prelude::*;
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";
const SIZE: (u16, u16) = (80, 24);

fn is_quit(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Quit])
}

#[test]
fn q_goes_back_and_at_the_top_quits_esc_never_does_and_ctrl_c_always() {
    let mut bench = Bench::after(FIGURE, SIZE);
    bench.keys("\nx");
    assert_eq!(bench.app.view(), View::Ladder);
    bench.keys("\n");
    assert_eq!(bench.app.view(), View::Messages);
    assert!(bench.keys("q").is_empty());
    assert_eq!(bench.app.view(), View::Ladder);
    assert!(bench.press(KeyCode::Esc).is_empty());
    assert_eq!(bench.app.view(), View::Tunnels);
    for _ in 0..3 {
        assert!(bench.press(KeyCode::Esc).is_empty());
    }
    assert!(is_quit(&bench.keys("q")));
    for keys in ["", "?", "/abc", "f", "s", "3", "x"] {
        bench.keys(keys);
        assert!(is_quit(&bench.control('c')), "after {keys}");
        bench.press(KeyCode::Esc);
    }
}

#[test]
fn enter_goes_deeper() {
    let mut bench = Bench::after(FIGURE, SIZE);
    bench.keys("h\n");
    assert!(bench.cursor().starts_with("▾ 10.1.0.1"), "{}", bench.text());
    // A flow: in the table of flows.
    bench.keys("jjj\n");
    assert_eq!(bench.app.view(), View::Flows);
    assert!(bench.cursor().contains("203.0.113.50:5060"), "{}", bench.text());
    // Its node, and there a tunnel: the ladder.
    bench.keys("\nj\n");
    assert_eq!(bench.app.view(), View::Ladder);
    // A message of it: the packet; there the next pane.
    bench.keys("\n");
    assert_eq!(bench.app.view(), View::Messages);
    assert!(bench.cursor().starts_with("3 10:00:00.250180"), "{}", bench.text());
    bench.keys("\n");
    assert_eq!(bench.app.pane(), 1);
}

#[test]
fn help_is_that_of_the_screen() {
    let mut bench = Bench::after(FIGURE, SIZE);
    for opens in [KeyCode::Char('?'), KeyCode::F(1)] {
        bench.press(opens);
        assert!(bench.shows("┌ Keys "));
        bench.keys("G");
        assert!(bench.shows("any text"), "{}", bench.text());
        bench.keys("g");
        assert!(bench.shows("back; at the top, quit"));
        assert!(bench.keys("q").is_empty());
        assert!(!bench.shows("┌ Keys "));
    }
    // What is for other screens is not told.
    bench.app.size = (80, 80);
    bench.keys("?");
    assert!(!bench.shows("what the rule means"));
    bench.keys("5?");
    assert!(bench.shows("what the rule means"));
}

#[test]
fn the_footer_has_the_keys_of_what_has_them() {
    let footer = |bench: &Bench| bench.text().lines().last().unwrap_or_default().to_owned();
    let mut bench = Bench::after("samples/malformed.pcap", SIZE);
    let view = footer(&bench);
    assert!(view.starts_with(" q quit  Enter open  ? help  / search"), "{view}");
    for opens in ["?", "5jje"] {
        bench.keys(opens);
        let over = footer(&bench);
        assert_eq!(over, " q close  k up  j down  g first  G last  Ctrl-B page up  Ctrl-F page down");
        // Each does what it says.
        let first = bench.text();
        let differs = |bench: &Bench, from: &str| assert_ne!(bench.text(), from);
        bench.keys("j");
        differs(&bench, &first);
        bench.keys("k");
        assert_eq!(bench.text(), first);
        bench.control('f');
        differs(&bench, &first);
        bench.control('b');
        assert_eq!(bench.text(), first);
        bench.keys("G");
        differs(&bench, &first);
        bench.keys("g");
        assert_eq!(bench.text(), first);
        bench.keys("T");
        assert!(bench.shows("theme "), "{}", bench.text());
        // All of it in sight: nothing scrolls.
        bench.send(Message::Resize(100, 80));
        bench.keys("j");
        assert_eq!(footer(&bench), " q close  T theme");
        bench.send(Message::Resize(SIZE.0, SIZE.1));
        bench.keys("q");
        assert!(footer(&bench).contains("Enter open"), "{}", bench.text());
    }
    // What a key does on a screen that stands still.
    bench.keys("1");
    for (key, word) in [("p", " p go on "), ("p", " p pause "), ("[", " p to now "), ("p", " p pause ")] {
        bench.keys(key);
        // What there is to say of the key goes with the next one.
        bench.keys("g");
        assert!(footer(&bench).contains(word), "{key} {word}\n{}", bench.text());
    }
    bench.keys("/");
    assert_eq!(footer(&bench), " /  Enter stays here, Esc goes back");
    bench.press(KeyCode::Esc);
    bench.keys("f");
    assert!(footer(&bench).starts_with(" filter:   node: state:"), "{}", bench.text());
    // Where there is room beside what can be typed.
    bench.send(Message::Resize(120, 24));
    assert!(footer(&bench).ends_with("a,b = either  Enter sets it, Esc leaves it"), "{}", bench.text());
    bench.press(KeyCode::Esc);
    bench.keys("s");
    assert!(footer(&bench).ends_with(".json .txt  Enter saves, Esc does not"), "{}", bench.text());
}

#[test]
fn statistics_offer_no_key_that_does_nothing_there() {
    let mut bench = Bench::after(FIGURE, SIZE);
    bench.keys("6");
    let before = bench.text();
    assert!(before.ends_with(" q quit  ? help  / search  s save  p pause  x ladder\n"), "{before}");
    bench.keys("f\nA ");
    assert_eq!(bench.text(), before);
    assert!(bench.app.prompt.is_none() && !bench.app.follow);
    // What lies over them closes with Enter, as it does everywhere.
    bench.keys("?");
    assert!(bench.shows("keys of this screen") && !bench.shows("deeper:"), "{}", bench.text());
    bench.keys("\n");
    assert_eq!(bench.text(), before);
}

#[test]
fn a_ladder_offers_no_key_that_does_nothing_there() {
    let mut bench = Bench::after(FIGURE, (120, 24));
    bench.keys("2");
    let before = bench.text();
    assert!(
        before.ends_with(" q quit  Enter open  ? help  / search  s save  p pause  A follow\n"),
        "{before}"
    );
    bench.keys("f x");
    assert_eq!(bench.text(), before);
    assert!(bench.app.prompt.is_none());
    bench.send(Message::Resize(120, 80));
    bench.keys("?");
    assert!(bench.shows("follow the newest row"), "{}", bench.text());
    assert!(!bench.shows("filter by") && !bench.shows("select the row"), "{}", bench.text());
    // That of the key 2 alone.
    assert_eq!(bench.text().matches("ladder of the selected node").count(), 1, "{}", bench.text());
}

#[test]
fn the_footer_has_the_key_that_saves_at_eighty_columns() {
    for view in View::ALL {
        let mut bench = Bench::after(FIGURE, SIZE);
        bench.keys(&view.number().to_string());
        let footer = bench.text().lines().last().unwrap_or_default().to_owned();
        assert!(footer.contains("  s save"), "{view:?} {footer}");
        bench.keys("s");
        // A ladder is that of one node.
        let what = if view == View::Ladder { " save 10.1.0.1: " } else { " save all: " };
        assert!(bench.line(what).contains("mipflow."), "{}", bench.text());
    }
}

/// By samples/README.md: six nodes, one of which the filter lets through.
#[test]
fn what_no_filter_holds_for_is_saved_whole() {
    let mut bench = Bench::after("samples/tunnels.pcap", (120, 24));
    bench.keys("fnode:10.1.0.5\n");
    for (view, what) in [("1", "filtered, Tab: other rows"), ("6", "all")] {
        bench.keys(view);
        bench.keys("s");
        assert!(bench.shows(&format!(" save {what}: mipflow.json")), "{}", bench.text());
        let effects = bench.keys("\n");
        let [Effect::Save(order, _)] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(order.target.is_some(), view == "1", "{:?}", order.target);
    }
    // Nor does the key for other rows do anything there.
    bench.keys("6s\t");
    assert!(bench.shows(" save all: mipflow.json"), "{}", bench.text());
}

#[test]
fn a_node_without_an_address_is_named_in_full() {
    // It has a NAI of 16 letters, and until frame 14 no more.
    let mut bench = Bench::before("samples/foreign-agent.pcap", SIZE);
    bench.read(8);
    let node = bench.line("0 of 0 up");
    assert!(node.starts_with("▶▾ node@example.org 0 of 0 up  multipath refused  HA 198.51.100.1"), "{node}");
    bench.read(u64::MAX);
    let node = bench.line("10.1.0.1 ");
    // What was found when it had a NAI alone is still its own.
    assert!(node.ends_with("  HA 198.51.100.1  1 note"), "{node}");
}

#[test]
fn standard_input_is_called_so() {
    let mut bench = Bench::before(FIGURE, SIZE);
    bench.input.names = vec!["-".to_owned()];
    bench.read(4);
    assert!(bench.line("4 packets").starts_with(" standard input  reading  10:00:00"), "{}", bench.text());
}

#[test]
fn saving_asks_for_a_file_and_says_what_of() {
    let mut bench = Bench::after("samples/tunnels.pcap", SIZE);
    let order = |effects: Vec<Effect>| match effects.into_iter().next() {
        Some(Effect::Save(order, _)) => order,
        other => panic!("{other:?}"),
    };
    bench.keys("3s");
    assert!(bench.shows("save all"), "{}", bench.text());
    let saved = order(bench.keys("\n"));
    assert_eq!(
        (saved.path.as_str(), saved.format, saved.extent),
        ("mipflow.pcap", SaveFormat::Capture, Extent::All)
    );
    assert_eq!(saved.messages.len() as u64, bench.engine.all_messages().total());
    // Two rows are selected; Tab chooses among what there is.
    bench.keys("  ");
    assert_eq!(bench.text().matches('●').count(), 2);
    // The cursor went on, and with it the packet that is open.
    let frame = bench.cursor().split_whitespace().next().unwrap().to_owned();
    assert!(bench.shows(&format!("Frame {frame},")), "{}", bench.text());
    bench.press(KeyCode::F(2));
    assert!(bench.shows("save 2 selected"), "{}", bench.text());
    bench.keys("\t");
    assert!(bench.shows("save all"));
    bench.keys("\t");
    bench.control('u');
    bench.keys("x.doc\n");
    assert!(bench.shows("the name ends in"), "{}", bench.text());
    bench.control('u');
    bench.keys("x.csv");
    let saved = order(bench.keys("\n"));
    assert_eq!((saved.format, saved.extent, saved.messages.len()), (SaveFormat::Csv, Extent::Selected, 2));
    // A file that is there is written over when Enter is pressed once more, and not before.
    bench.send(Message::Saved(Err(SaveError::Exists("x.csv".to_owned()))));
    assert!(bench.shows("exists: Enter again overwrites"));
    assert!(order(bench.keys("\n")).overwrite);
    bench.send(Message::Saved(Err(SaveError::Exists("x.csv".to_owned()))));
    bench.keys("1");
    bench.press(KeyCode::Backspace);
    assert!(!order(bench.keys("\n")).overwrite);
    bench.send(Message::Saved(Ok("saved 2 messages to x.csv".to_owned())));
    assert!(bench.shows("saved 2 messages to x.csv"));
    // In a ladder what there is of its node, which is named, filter or no filter.
    bench.keys("1fnode:10.1.0.5\n2s");
    assert!(bench.shows(" save 10.1.0.5: mipflow.txt"), "{}", bench.text());
    let saved = order(bench.keys("\n"));
    assert_eq!((saved.format, saved.messages.len()), (SaveFormat::Ladder, 6));
    // Filtered, in the view of tunnels: the messages of the nodes that are shown.
    bench.keys("1s");
    assert!(bench.shows("save filtered"));
    let saved = order(bench.keys("\n"));
    assert_eq!((saved.format, saved.extent, saved.messages.len()), (SaveFormat::Json, Extent::Filtered, 6));
}

#[test]
fn copies_are_text() {
    let mut bench = Bench::after(FIGURE, SIZE);
    let copied = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    for (keys, wanted) in [
        ("1", "10.1.0.1 198.51.100.1"),
        ("1\t", "FAILOVER"),
        ("2", "RRQ register BID 2 for 600 s"),
        ("3", "RRQ  10.1.0.1 at 192.0.2.10 for 600 s"),
        ("3\t", "Home Address: 10.1.0.1"),
        ("3\t", "0000  01 22 02 58"),
        ("4", "203.0.113.50:5060"),
        ("6", "Registration Request (1)"),
    ] {
        bench.keys(keys);
        let text = copied(bench.keys("y"));
        assert!(text.contains(wanted), "{keys}: {text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(bench.shows("copied "));
    }
}

#[test]
fn what_is_copied_of_a_node_controls_no_terminal() {
    // As many octets as `node@example.org` has, with Ctrl-O, Ctrl-C, Ctrl-U and a mark that turns the writing round.
    let octets = std::fs::read("samples/foreign-agent.pcap").unwrap();
    let nai = "N\u{f}\u{3}\u{15}\u{202e}@Ampl.org";
    assert_eq!(nai.len(), 16);
    let mut changed = octets.clone();
    let places = (0..octets.len()).filter(|place| octets[*place..].starts_with(b"node@example.org"));
    places.for_each(|place| changed[place..place + nai.len()].copy_from_slice(nai.as_bytes()));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nai.pcap");
    std::fs::write(&path, changed).unwrap();
    let mut bench = Bench::after(path.to_str().unwrap(), SIZE);
    let effects = bench.keys("y");
    let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(text.contains(r"N\u{f}\u{3}\u{15}\u{202e}@Ampl.org"), "{text}");
    // What is seen can be looked for.
    bench.keys("f@ampl\n");
    assert!(bench.shows("Tunnels: 1 of 1 node"), "{}", bench.text());
}

#[test]
fn effects_are_asked_for() {
    let mut bench = Bench::after(FIGURE, SIZE);
    assert!(matches!(bench.control('l').as_slice(), [Effect::Redraw]));
    assert!(matches!(bench.control('z').as_slice(), [Effect::Suspend]));
    for (key, wanted) in [
        ("P", ReplayOrder::Pause),
        (".", ReplayOrder::Step),
        ("(", ReplayOrder::Slower),
        (")", ReplayOrder::Faster),
    ] {
        assert!(matches!(bench.keys(key).as_slice(), [Effect::Replay(order)] if *order == wanted), "{key}");
    }
    // A key that is let go asks for nothing.
    let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    key.kind = KeyEventKind::Release;
    assert!(bench.send(Message::Key(key)).is_empty());
}

#[test]
fn each_action_has_a_key() {
    let actions: BTreeSet<String> = KEYS.iter().map(|binding| format!("{:?}", binding.action)).collect();
    assert_eq!(actions.len(), KEYS.len(), "an action has two lines in the table");
    for view in 1..=6 {
        assert!(KEYS.iter().any(|binding| binding.action == Action::View(view)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is pressed, in whatever order, while packets come in: nothing panics, the screen can be drawn, and
    /// only Ctrl-C and `q` end it.
    #[test]
    fn any_keys_in_any_order(
        keys in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..120),
        size in (0u16..200, 0u16..60),
        clicks in prop::collection::vec((0u16..200, 0u16..60), 0..6),
    ) {
        let strokes: Vec<_> = KEYS.iter().flat_map(mipflow::tui::Binding::strokes).collect();
        let mut bench = Bench::before("samples/tunnels.pcap", size);
        let mut frame = 0;
        for (index, reads) in keys {
            let stroke = index.get(&strokes);
            let effects = bench.send(Message::Key(stroke.event()));
            let quits = effects.iter().any(|effect| matches!(effect, Effect::Quit));
            let may = stroke.event().code == KeyCode::Char('c') || stroke.event().code == KeyCode::Char('q');
            prop_assert!(!quits || may, "{stroke:?}");
            if reads && frame < 32 {
                frame += 1;
                bench.read(frame);
            }
            bench.text();
        }
        for (column, row) in clicks {
            bench.click(column, row);
            bench.text();
        }
    }
}
