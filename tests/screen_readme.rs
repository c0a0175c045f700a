//! The pictures of the README and of docs/watch.md, and the list of keys there, are those of the screen.
//!
//! `UPDATE_README=1 cargo test --test screen_readme` writes them anew, to be looked at before they are committed.

// Helpers of tests may fail loudly, as the tests themselves may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod screen;

use std::fs;

use screen::Bench;

/// What stands below a mark: up to the blank line after its block or table.
fn below(mark: &str) -> String {
    let words: Vec<&str> = mark.split(' ').collect();
    match words.as_slice() {
        ["screen", view, size, sample] => {
            let (width, height) = size.split_once('x').expect("a size is WIDTHxHEIGHT");
            let size = (width.parse().unwrap(), height.parse().unwrap());
            let mut bench = Bench::after(&format!("samples/{sample}"), size);
            bench.keys(view);
            format!("```text\n{}```\n", bench.text())
        }
        ["keys"] => mipflow::tui::markdown(),
        _ => panic!("no such mark: {mark}"),
    }
}

#[test]
fn pictures_and_keys_are_those_of_the_screen() {
    // One view; six, and the keys.
    for (page, marks) in [("README.md", 1), ("docs/watch.md", 7)] {
        check(page, marks);
    }
}

/// Holds a page, which has so many marks, against the screen.
fn check(page: &str, expected: usize) {
    let text = fs::read_to_string(page).unwrap();
    let mut wanted = String::new();
    let mut marks = 0;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        wanted.push_str(line);
        wanted.push('\n');
        let Some(mark) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) else {
            continue;
        };
        marks += 1;
        wanted.push('\n');
        wanted.push_str(&below(mark));
        // What stood there goes: a block up to its end, a table up to the blank line.
        lines.next_if_eq(&"");
        if lines.next_if(|line| line.starts_with("```")).is_some() {
            while lines.next().is_some_and(|line| line != "```") {}
        } else {
            while lines.next_if(|line| line.starts_with('|')).is_some() {}
        }
        if lines.peek().is_some_and(|line| !line.is_empty()) {
            wanted.push('\n');
        }
    }
    assert_eq!(marks, expected, "{page}");
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(page, &wanted).unwrap();
    }
    assert!(
        wanted == text || std::env::var_os("UPDATE_README").is_some(),
        "{page} is old: UPDATE_README=1 cargo test --test screen_readme\n{wanted}"
    );
}
