//! The moment at which the tables are wanted (`--at`).

use jiff::civil;
use jiff::tz::TimeZone;

use crate::capture::Frame;
use crate::time::Timestamp;
use crate::wire;

/// A time of day up to this long before the first frame means the same day and not the next, in nanoseconds.
const LEEWAY: i64 = 3_600_000_000_000;

const NO_SUCH_TIME: &str = "captures have no such time";

/// A moment of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Just after all frames up to this time; bindings expire up to it.
    Time(Timestamp),
    /// Such a time of the day of the first frame, or of the next day where that was more than [`LEEWAY`] before.
    TimeOfDay(civil::Time),
    /// This date and time, told without a zone.
    Local(civil::DateTime),
    /// Just after this frame.
    Frame(u64),
}

impl At {
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_prefix('#') {
            return wire::number(number).map(Self::Frame).ok_or_else(|| "a frame is written #N".to_owned());
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return of_timestamp(time).map(Self::Time).ok_or_else(|| NO_SUCH_TIME.to_owned());
        }
        // The library passes over what else stands there: over a zone in both, and over a date before a time of day.
        let is_of = |others: &str| text.chars().all(|char| char.is_ascii_digit() || others.contains(char));
        // A '-' in front is a sign.
        if text.get(1..).is_some_and(|behind| behind.contains('-'))
            && is_of("-:.Tt ")
            && let Ok(time) = text.parse()
        {
            let is_possible = in_zone(&TimeZone::UTC, time).is_some();
            return is_possible.then_some(Self::Local(time)).ok_or_else(|| NO_SUCH_TIME.to_owned());
        }
        if text.contains(':')
            && is_of(":.")
            && let Ok(time) = text.parse()
        {
            return Ok(Self::TimeOfDay(time));
        }
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let nanoseconds = wire::number(&format!("{fraction:0<9}")).filter(|_| fraction.len() <= 9);
        // Before 1970, too: a sign is that of the fraction as well.
        let nanoseconds = nanoseconds.map(|count: i64| if seconds.starts_with('-') { -count } else { count });
        let is_number = wire::number::<u64>(seconds.strip_prefix('-').unwrap_or(seconds)).is_some();
        match (seconds.parse(), nanoseconds, is_number) {
            (Ok(seconds), Some(nanoseconds), true) => Ok(Self::Time(Timestamp::new(seconds, nanoseconds))),
            _ => Err("a time is written as in 2024-06-01T10:00:30Z, as a time of day as in 10:00:30.25, in seconds \
                      since 1970, or as #FRAME"
                .into()),
        }
    }

    /// The same moment once the first frame is known, by whose day in `zone` a time of day is told; without a date, a
    /// zone or both it is `zone`'s.
    pub fn of_capture_from(self, first: Timestamp, zone: &TimeZone) -> Self {
        let time = match self {
            Self::TimeOfDay(time) => time,
            // Beyond the end of all calendars, as below.
            Self::Local(time) => return Self::Time(in_zone(zone, time).unwrap_or(Timestamp::LAST)),
            Self::Time(_) | Self::Frame(_) => return self,
        };
        let moment = |day: civil::Date| in_zone(zone, day.to_datetime(time));
        let day = jiff::Timestamp::from_nanosecond(first.nanoseconds().into())
            .map(|at| zone.to_datetime(at).date());
        let found = day.ok().and_then(|day| {
            moment(day).filter(|today| first.since(*today) <= LEEWAY).or_else(|| moment(day.tomorrow().ok()?))
        });
        // Beyond the end of all calendars.
        Self::Time(found.unwrap_or(Timestamp::LAST))
    }

    /// Whether this frame comes after the moment.
    pub fn is_before(self, frame: &Frame<'_>) -> bool {
        match self {
            Self::Time(time) => frame.time > time,
            Self::TimeOfDay(_) | Self::Local(_) => false,
            Self::Frame(number) => frame.number > number,
        }
    }
}

fn in_zone(zone: &TimeZone, time: civil::DateTime) -> Option<Timestamp> {
    of_timestamp(zone.to_timestamp(time).ok()?)
}

fn of_timestamp(time: jiff::Timestamp) -> Option<Timestamp> {
    i64::try_from(time.as_nanosecond()).ok().map(Timestamp::from_nanoseconds)
}
