//! The option `--reply-timeout` of the commands that read captures.

use clap::Args;

use super::quantity::parse_duration;

/// How long a request can be answered.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ReplyTimeout {
    /// How long after a request a reply can answer it
    // In nanoseconds.
    #[arg(
        id = "reply_timeout",
        long = "reply-timeout",
        value_name = "DURATION",
        value_parser = nanoseconds,
        default_value = "10s",
        allow_hyphen_values = true
    )]
    pub nanoseconds: i64,
}

fn nanoseconds(text: &str) -> Result<i64, String> {
    let duration = parse_duration(text)?;
    i64::try_from(duration.as_nanos()).map_err(|_| "a duration is at most 292 years".to_owned())
}
