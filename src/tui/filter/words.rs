//! The words of a filter: parted by blanks, their values by commas, unless a backslash stands before.

/// The pieces of a text between separators that have no backslash before them. Backslashes stay.
pub(super) fn split(text: &str, is_separator: fn(char) -> bool) -> Vec<&str> {
    let mut escaped = false;
    let separates = |character: char| {
        let separates = !escaped && is_separator(character);
        escaped = !escaped && character == '\\';
        separates
    };
    text.split(separates).collect()
}

/// A value as it was meant. Before anything but what [`escaped`] escapes, a backslash is itself.
pub(super) fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars().peekable();
    while let Some(character) = rest.next() {
        let next = rest.next_if(|next| character == '\\' && is_special(*next));
        out.push(next.unwrap_or(character));
    }
    out
}

/// A value as it has to be typed.
pub(super) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        if is_special(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn is_special(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | '\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_backslash_takes_away_what_follows_means() {
        assert_eq!(split(r"a\ b c\\ d", char::is_whitespace), [r"a\ b", r"c\\", "d"]);
        assert_eq!(split(r"a\,b,,c", |character| character == ','), [r"a\,b", "", "c"]);
        assert_eq!(unescaped(r"a\ b\,c\\d\e\"), r"a b,c\d\e\");
        assert_eq!(escaped(r"a b,c\d"), r"a\ b\,c\\d");
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_one_word_and_reads_back(value in any::<String>()) {
            let typed = escaped(&value);
            prop_assert_eq!(split(&typed, |character| character == ','), [typed.as_str()]);
            prop_assert_eq!(split(&typed, char::is_whitespace), [typed.as_str()]);
            prop_assert_eq!(unescaped(&typed), value);
        }
    }
}
