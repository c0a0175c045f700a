//! The text of a finding, put into words when somebody reads it.

use std::borrow::Cow;
use std::fmt::{Debug, Display, Formatter};
use std::sync::Arc;

/// What was seen, with its values, and what is required.
///
/// A large capture has tens of thousands of findings, and a report that groups them reads a handful: the rules that
/// fire so often keep only the values, and their findings are put into words when they are read.
#[derive(Clone)]
pub struct Wording(Form);

#[derive(Clone)]
enum Form {
    Said(String),
    Unsaid(Arc<dyn Fn() -> String + Send + Sync>),
}

impl Wording {
    /// Words that `say` puts together each time they are read.
    pub(super) fn when_read(say: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Form::Unsaid(Arc::new(say)))
    }

    /// The words.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Said(text) => Cow::Borrowed(text),
            Form::Unsaid(say) => Cow::Owned(say()),
        }
    }
}

impl<T: Into<String>> From<T> for Wording {
    fn from(text: T) -> Self {
        Self(Form::Said(text.into()))
    }
}

impl Display for Wording {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl Debug for Wording {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        Debug::fmt(&self.text(), formatter)
    }
}

/// Two wordings are equal if their texts are.
impl PartialEq for Wording {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Wording {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_whenever_they_are_put_together() {
        let said = Wording::from("BID 2 is not registered");
        let bid = 2;
        let unsaid = Wording::when_read(move || format!("BID {bid} is not registered"));
        assert_eq!(said, unsaid);
        assert_eq!(unsaid.to_string(), "BID 2 is not registered");
        assert_eq!(format!("{unsaid:?}"), r#""BID 2 is not registered""#);
        assert_ne!(unsaid, Wording::from("BID 3 is not registered"));
    }
}
