//! Each view, drawn at several sizes.

mod screen;

use crossterm::event::KeyCode;
use screen::Bench;

const FIGURE: &str = "samples/figure3.pcap";

#[test]
fn look() {
    for size in [(80, 24), (120, 40), (40, 10)] {
        let mut bench = Bench::after(FIGURE, size);
        for view in "123456".chars() {
            bench.press(KeyCode::Char(view));
            println!("{size:?} {view}\n{}", bench.text());
        }
    }
}
