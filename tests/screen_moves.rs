//! Moving about the screen: the cursor, panes, the order of flows, and the mouse.

mod screen;

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyModifiers, MouseEvent, MouseEventKind};
use mipflow::tui::{Message, View};
use ratatui::buffer::Cell;
use ratatui::style::Modifier;
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";
const SIZE: (u16, u16) = (80, 24);

#[test]
fn the_cursor_moves_by_rows_halves_pages_and_to_the_ends() {
    let mut bench = Bench::after("samples/malformed.pcap", (80, 40));
    bench.keys("3");
    let frame = |bench: &Bench| bench.cursor().split(' ').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(frame(&bench), 1);
    // Twelve rows of the list: 37 rows are a third for it, less its title.
    let page = bench.app.messages.list.page() as u64;
    assert_eq!(page, 11);
    for (code, wanted) in [
        (KeyCode::Char('j'), 2),
        (KeyCode::Down, 3),
        (KeyCode::Char('k'), 2),
        (KeyCode::Up, 1),
        (KeyCode::Up, 1),
        (KeyCode::PageDown, 11),
        (KeyCode::PageUp, 1),
        (KeyCode::Char('G'), 17),
        (KeyCode::Char('g'), 1),
        (KeyCode::End, 17),
        (KeyCode::Home, 1),
    ] {
        bench.press(code);
        assert_eq!(frame(&bench), wanted, "{code:?}");
    }
    for (character, wanted) in [('f', 11), ('b', 1), ('d', 6), ('u', 1)] {
        bench.control(character);
        assert_eq!(frame(&bench), wanted, "Ctrl-{character}");
    }
}

#[test]
fn left_and_right_fold_and_scroll() {
    let mut bench = Bench::after(FIGURE, SIZE);
    assert!(bench.shows("BID 1   802.11/1"));
    bench.keys("h");
    assert!(!bench.shows("BID 1   802.11/1") && bench.shows("▸ 10.1.0.1"));
    bench.press(KeyCode::Right);
    assert!(bench.shows("BID 1   802.11/1") && bench.shows("▾ 10.1.0.1"));
    bench.press(KeyCode::Left);
    assert!(!bench.shows("BID 1   802.11/1"));
    bench.keys("3l");
    assert!(bench.cursor().starts_with(":00:00.250180"), "{}", bench.text());
    bench.keys("h");
    assert!(bench.cursor().starts_with("3 10:00:00.250180"));
}

/// Who holds the key does not lose the rows.
#[test]
fn nothing_is_scrolled_beyond_its_end() {
    let keys = |key: &str| key.repeat(50);
    let mut bench = Bench::after(FIGURE, (60, 24));
    // The first message has its authentication last, the longest line of its packet an octet of the frame.
    bench.keys(&format!("3{}", keys("l")));
    let text = bench.text();
    let list: Vec<&str> = text.lines().skip(2).take_while(|line| !line.contains("Packet")).collect();
    assert!(list.iter().any(|line| line.ends_with("mobile-home-auth SPI 256")), "{text}");
    bench.keys(&format!("{}\t{}", keys("h"), keys("l")));
    assert!(bench.shows("[octet 14 of the frame]\n"), "{}", bench.text());
    // The last lane of a ladder is that of the home agent.
    let mut bench = Bench::after(FIGURE, (30, 24));
    bench.keys(&format!("2{}", keys("l")));
    assert!(bench.line("[3]     [4]").ends_with("[4]"), "{}", bench.text());
    bench.keys(&format!("6{}", keys("l")));
    assert!(bench.line("accepted").ends_with(" accepted                 4"), "{}", bench.text());
    // What is all in sight stays where it is.
    let mut bench = Bench::after(FIGURE, (400, 50));
    for view in ["2", "3", "6"] {
        bench.keys(view);
        let before = bench.text();
        bench.keys("l");
        assert_eq!(bench.text(), before);
    }
}

#[test]
fn tab_walks_the_panes_and_numbers_the_views() {
    let mut bench = Bench::after(FIGURE, SIZE);
    for view in View::ALL {
        bench.keys(&view.number().to_string());
        assert_eq!(bench.app.view(), view);
        assert!(bench.shows(&format!("[{} {}]", view.number(), view.title())));
        for pane in 1..=view.panes() {
            bench.press(KeyCode::Tab);
            assert_eq!(bench.app.pane(), pane % view.panes());
        }
        bench.press(KeyCode::BackTab);
        assert_eq!(bench.app.pane(), view.panes() - 1);
        bench.press(KeyCode::Tab);
    }
    // The title of the pane that has the keys stands out, without any colour.
    let titles = |bench: &Bench| -> String {
        let cells = bench.cells().into_iter();
        let stands_out =
            |cell: &Cell| cell.modifier.contains(Modifier::BOLD) && !cell.modifier.contains(Modifier::DIM);
        cells.filter(stands_out).map(|cell| cell.symbol().to_owned()).collect()
    };
    bench.keys("3");
    for title in ["Messages: ", " Packet ", " Octets "] {
        let standing_out = titles(&bench);
        for other in ["Messages: ", " Packet ", " Octets "] {
            assert_eq!(standing_out.contains(other), other == title, "{standing_out}");
        }
        bench.press(KeyCode::Tab);
    }
    // The policy pane scrolls.
    bench.keys("1\tG");
    assert!(bench.shows("BID 1 192.0.2.10 802.11 deregistered"));
    assert!(!bench.shows("FID │ Access"), "{}", bench.text());
    bench.keys("g");
    assert!(bench.shows("FID │ Access"));
}

#[test]
fn flows_are_sorted_by_any_column() {
    let mut bench = Bench::after(FIGURE, (160, 24));
    bench.keys("4");
    let first = |bench: &Bench| {
        let text = bench.text();
        text.lines().nth(3).unwrap().split_whitespace().nth(2).unwrap().to_owned()
    };
    let mut seen = BTreeSet::new();
    for _ in 0..13 {
        let title = bench.line("Flows: ");
        seen.insert(title.split(" by ").nth(1).unwrap().to_owned());
        bench.keys(">");
    }
    assert_eq!(seen.len(), 13, "{seen:?}");
    // By correspondent: .22, .50, .80; turned round: .80.
    bench.keys(">>");
    assert!(bench.line("Flows: ").contains("by Correspondent, up"), "{}", bench.text());
    assert_eq!(first(&bench), "203.0.113.22:22");
    bench.keys("z");
    assert!(bench.line("Flows: ").contains("by Correspondent, down"));
    assert_eq!(first(&bench), "203.0.113.80:80");
    bench.keys("z<<<");
    assert!(bench.line("Flows: ").contains("by Last, up"), "{}", bench.text());
}

#[test]
fn panes_grow_and_shrink() {
    let mut bench = Bench::after(FIGURE, SIZE);
    for (keys, page) in [
        ("1", |bench: &Bench| bench.app.tunnels.list.page()),
        ("3", |bench: &Bench| bench.app.messages.list.page()),
    ] as [(&str, fn(&Bench) -> usize); 2]
    {
        bench.keys(keys);
        let before = page(&bench);
        bench.keys("++");
        assert_eq!(page(&bench), before + 2);
        bench.keys("---");
        assert_eq!(page(&bench), before - 1);
        bench.keys(&"-".repeat(100));
        assert!(page(&bench) >= 1);
        bench.text();
    }
}

#[test]
fn the_mouse_selects_and_scrolls() {
    let mut bench = Bench::after(FIGURE, SIZE);
    // The third row of the list is on the fifth line.
    bench.click(10, 4);
    assert!(bench.cursor().starts_with("BID 2"), "{}", bench.text());
    // On the node once to select it, once more to fold it.
    bench.click(10, 2);
    bench.click(10, 2);
    assert!(bench.cursor().starts_with("▸ 10.1.0.1"));
    // The tab of the messages.
    bench.click(30, 0);
    assert_eq!(bench.app.view(), View::Messages);
    bench.click(5, 4);
    assert!(bench.cursor().starts_with("9 "), "{}", bench.text());
    let wheel = |kind| Message::Mouse(MouseEvent { kind, column: 5, row: 4, modifiers: KeyModifiers::NONE });
    bench.send(wheel(MouseEventKind::ScrollDown));
    assert!(bench.cursor().starts_with("19 "), "{}", bench.text());
    bench.send(wheel(MouseEventKind::ScrollUp));
    assert!(bench.cursor().starts_with("9 "));
    // An octet: the last of the first line of the hex dump is the end of the care-of address.
    let row = bench.text().lines().position(|line| line.contains("0000  01 22")).unwrap();
    bench.click(7 + 15 * 3 + 1, u16::try_from(row).unwrap());
    assert_eq!(bench.app.pane(), 2);
    assert!(bench.shows("Octets 12 to 15"), "{}", bench.text());
}
