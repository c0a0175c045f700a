//! Times on the screen, in each style and list, and the themes.

mod screen;

use mipflow::report::TimeStyle;
use mipflow::tui::{Message, ThemeName};
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";

#[test]
fn times_and_themes_change() {
    let mut bench = Bench::after(FIGURE, (80, 24));
    bench.keys("3j");
    // The second message, and the end of the capture in the status line.
    for (style, shown) in [
        (TimeStyle::Local, None),
        (TimeStyle::Relative, Some(("0.251580", "  9 s  46 packets"))),
        (TimeStyle::Delta, Some(("0.001400", "  9 s  46 packets"))),
        (TimeStyle::Epoch, Some(("1717236000.2515", "  1717236009 s  46 packets"))),
        (TimeStyle::Utc, Some(("10:00:00.251580", "  10:00:09  46 packets"))),
    ] {
        bench.keys("w");
        assert_eq!(bench.app.time_style, style);
        if let Some((shown, end)) = shown {
            assert!(bench.cursor().contains(shown), "{style:?}\n{}", bench.text());
            assert!(bench.line(" ended ").contains(end), "{style:?}\n{}", bench.text());
        }
    }
    for theme in [ThemeName::Light, ThemeName::Mono, ThemeName::Dark] {
        bench.keys("T");
        assert_eq!(bench.app.theme.name, theme);
        assert!(bench.shows(theme.name()));
    }
}

#[test]
fn times_change_in_each_list_and_what_follows_them_keeps_its_column() {
    // As found; the requests without an answer are found 10 s late, and stand below later frames.
    let mut bench = Bench::after("samples/malformed.pcap", (100, 40));
    bench.keys("5>>");
    let times = |bench: &Bench| {
        let text = bench.text();
        let rows = text.lines().filter(|line| line.trim_start_matches('▶').trim_start().starts_with('#'));
        // Where the level stands, and the time before it.
        let rows: Vec<(usize, String)> = rows
            .map(|line| {
                let level =
                    [" must ", " should ", " note "].iter().filter_map(|level| line.find(level)).min();
                let before = line.char_indices().take_while(|(place, _)| Some(*place) < level);
                let before: String = before.map(|(_, character)| character).collect();
                (before.chars().count(), before.split_whitespace().last().unwrap_or_default().to_owned())
            })
            .collect();
        assert!(rows.iter().all(|(column, _)| *column == rows[0].0), "{text}");
        rows.into_iter().map(|(_, time)| time).collect::<Vec<_>>()
    };
    assert_eq!(times(&bench)[..3], ["10:00:00.000", "10:00:00.000", "10:00:01.100"]);
    bench.keys("ww");
    // Frames are 1.1 s apart: two findings of #9 are 8.8 s after the first, and #10 comes 9.9 s after it.
    assert_eq!(times(&bench)[15..18], ["8.800", "9.900", "0.000"], "{}", bench.text());
    bench.keys("w");
    assert_eq!(times(&bench)[15..18], ["1.100", "1.100", "-9.900"], "{}", bench.text());
    // Below a head, too, they count from the finding above.
    bench.keys("<<g");
    assert!(bench.line("Registration Request has 10 octets").contains(" 1.100  "), "{}", bench.text());
    bench.keys("w");
    assert!(
        bench.line("Registration Request has 10 octets").contains(" 1717236011.000  "),
        "{}",
        bench.text()
    );
    // Frames 13 and 14, 15 and 16 are the first and the last of two flows: tshark -T fields -e frame.time_epoch.
    let mut bench = Bench::after("samples/tunnels.pcap", (160, 24));
    bench.keys("4");
    for (key, wanted) in [
        ("", "10:00:02.199 10:00:02.264"),
        ("ww", "       2.199        2.264"),
        ("w", "       0.090        0.090"),
        ("w", "1717236002.199 1717236002.264"),
    ] {
        bench.keys(key);
        let heads = bench.line("Correspondent");
        let row = bench.line("203.0.113.226");
        assert!(row.ends_with(wanted), "{}", bench.text());
        assert_eq!(heads.trim_end().chars().count(), row.chars().count(), "{}", bench.text());
    }
    // Where they take more room, one goes before it is cut.
    bench.send(Message::Resize(152, 24));
    assert!(bench.line("203.0.113.226").ends_with(" 60 1717236002.264"), "{}", bench.text());
    // The reply of frame 4 comes 1.4 ms after its request, and the one of frame 9 2.331 s after that.
    let mut bench = Bench::after(FIGURE, (100, 30));
    bench.keys("2www");
    assert!(bench.line("RRP 0 accepted for 600 s").trim_start().starts_with("0.001 "), "{}", bench.text());
    assert!(bench.line("RRQ register BID 2").trim_start().starts_with("2.331 "), "{}", bench.text());
    // In the packet as in the list.
    bench.keys("3j");
    assert!(bench.line("Frame 4,").contains("0.001400 s"), "{}", bench.text());
    bench.keys("1wwwww");
    assert!(bench.shows("here since the first frame"), "{}", bench.text());
}
