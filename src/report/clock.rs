//! Times as text.

use jiff::tz::TimeZone;

use crate::time::{Precision, Timestamp};

/// How a person wants to see times (`--time`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// Time of day, UTC.
    #[default]
    Utc,
    /// Time of day where the reader is.
    Local,
    /// Seconds since the first frame.
    Relative,
    /// Seconds since the message before.
    Delta,
    /// Seconds since 1970.
    Epoch,
}

impl TimeStyle {
    /// The time zone in which times of day are shown.
    pub fn zone(self) -> TimeZone {
        if self == Self::Local { TimeZone::system() } else { TimeZone::UTC }
    }
}

/// Writes times. It keeps the calendar text of the last second written, because neighbouring frames mostly share it.
#[derive(Debug)]
pub struct Clock {
    style: TimeStyle,
    zone: TimeZone,
    second: Option<i64>,
    calendar: String,
    reading: Option<Reading>,
    /// The day of the first frame.
    first_day: Option<String>,
    text: String,
    first: Option<Timestamp>,
    previous: Option<Timestamp>,
}

/// The date and the time of day of one second in the clock's zone.
#[derive(Debug)]
struct Reading {
    second: i64,
    day: String,
    time: String,
    /// The day and the name of the zone.
    heading: String,
}

impl Clock {
    /// A clock of this style.
    pub fn new(style: TimeStyle) -> Self {
        Self {
            style,
            zone: style.zone(),
            second: None,
            calendar: String::new(),
            reading: None,
            first_day: None,
            text: String::new(),
            first: None,
            previous: None,
        }
    }

    /// Sets the time from which relative times count: that of the capture's first frame. Later calls change nothing.
    pub fn start(&mut self, first: Timestamp) {
        self.first.get_or_insert(first);
    }

    /// The time as JSON has it: RFC 3339 in UTC with the capture's precision, whatever the style.
    pub fn rfc3339(&mut self, time: Timestamp, precision: Precision) -> &str {
        if self.second != Some(time.seconds()) {
            self.second = Some(time.seconds());
            self.calendar = calendar(time.seconds(), &TimeZone::UTC, "%Y-%m-%dT%H:%M:%S");
        }
        self.text.clear();
        self.text.push_str(&self.calendar);
        push_fraction(&mut self.text, time.subsecond(), precision);
        self.text.push('Z');
        &self.text
    }

    /// The time of a table row in this clock's style, to the millisecond at most. A time of day is preceded by its day
    /// unless that is the day of the first frame. With [`TimeStyle::Delta`] the time counts from the first frame,
    /// because the rows of a table are not in order of time.
    pub fn moment(&mut self, time: Timestamp, precision: Precision) -> String {
        let first = *self.first.get_or_insert(time);
        let precision = precision.min(Precision::new(3));
        let mut text = String::new();
        match self.style {
            TimeStyle::Utc | TimeStyle::Local => {
                let reading = self.push_other_day(&mut text, time, first);
                text.push_str(&reading.time);
                push_fraction(&mut text, time.subsecond(), precision);
            }
            TimeStyle::Relative | TimeStyle::Delta => push_seconds(&mut text, time.since(first), precision),
            TimeStyle::Epoch => push_seconds(&mut text, time.nanoseconds(), precision),
        }
        text
    }

    /// Writes the day of `time` unless it is the day of the first frame; returns the reading of `time`.
    fn push_other_day(&mut self, text: &mut String, time: Timestamp, first: Timestamp) -> &Reading {
        let zone = &self.zone;
        let first_day = self.first_day.get_or_insert_with(|| calendar(first.seconds(), zone, "%Y-%m-%d"));
        let reading = Reading::at(&mut self.reading, time.seconds(), zone);
        if reading.day != *first_day {
            text.push_str(&reading.day);
            text.push(' ');
        }
        reading
    }

    /// As [`Clock::styled`], but a time of day is preceded by its day unless that is the day of the first frame.
    pub fn dated(&mut self, time: Timestamp, precision: Precision) -> String {
        let first = *self.first.get_or_insert(time);
        let mut text = String::new();
        if matches!(self.style, TimeStyle::Utc | TimeStyle::Local) {
            self.push_other_day(&mut text, time, first);
        }
        text.push_str(&self.styled(time, precision));
        text
    }

    /// The time of a row on the screen: as [`Clock::moment`], but with [`TimeStyle::Delta`] it counts from the time of
    /// the previous call.
    pub fn row(&mut self, time: Timestamp, precision: Precision) -> String {
        if self.style != TimeStyle::Delta {
            return self.moment(time, precision);
        }
        let previous = self.previous.replace(time).unwrap_or(time);
        let mut text = String::new();
        push_seconds(&mut text, time.since(previous), precision.min(Precision::new(3)));
        text
    }

    /// Sets the time from which the next one counts with [`TimeStyle::Delta`]. With `None` the next one shows as zero.
    pub fn count_from(&mut self, before: Option<Timestamp>) {
        self.previous = before;
    }

    /// Turns [`TimeStyle::Delta`] into [`TimeStyle::Relative`], where there is no previous message to count from.
    pub fn never_count_from_before(&mut self) {
        if self.style == TimeStyle::Delta {
            self.style = TimeStyle::Relative;
        }
    }

    /// The day of this time as a heading; `None` for the styles that show no time of day.
    pub fn day(&mut self, time: Timestamp) -> Option<&str> {
        match self.style {
            TimeStyle::Utc | TimeStyle::Local => {
                Some(&Reading::at(&mut self.reading, time.seconds(), &self.zone).heading)
            }
            TimeStyle::Relative | TimeStyle::Delta | TimeStyle::Epoch => None,
        }
    }

    /// The time in this clock's style, with the day or the unit, for a line that stands alone.
    pub fn whole(&mut self, time: Timestamp, precision: Precision) -> String {
        match self.style {
            TimeStyle::Utc => self.rfc3339(time, precision).to_owned(),
            TimeStyle::Local => {
                let day = calendar(time.seconds(), &self.zone, "%Y-%m-%d");
                let zone = calendar(time.seconds(), &self.zone, "%Z");
                format!("{day} {} {zone}", self.styled(time, precision))
            }
            TimeStyle::Relative | TimeStyle::Delta | TimeStyle::Epoch => {
                format!("{} s", self.styled(time, precision))
            }
        }
    }

    /// The time in this clock's style. With [`TimeStyle::Delta`] it counts from the time of the previous call.
    pub fn styled(&mut self, time: Timestamp, precision: Precision) -> String {
        let first = *self.first.get_or_insert(time);
        let previous = self.previous.replace(time).unwrap_or(time);
        let mut text = String::new();
        match self.style {
            TimeStyle::Utc | TimeStyle::Local => {
                text.push_str(&Reading::at(&mut self.reading, time.seconds(), &self.zone).time);
                push_fraction(&mut text, time.subsecond(), precision);
            }
            TimeStyle::Relative => push_seconds(&mut text, time.since(first), precision),
            TimeStyle::Delta => push_seconds(&mut text, time.since(previous), precision),
            TimeStyle::Epoch => push_seconds(&mut text, time.nanoseconds(), precision),
        }
        text
    }
}

impl Reading {
    /// The reading of `second`; `last` is reused if it is of the same second.
    fn at<'r>(last: &'r mut Option<Self>, second: i64, zone: &TimeZone) -> &'r Self {
        if last.as_ref().is_some_and(|last| last.second != second) {
            *last = None;
        }
        last.get_or_insert_with(|| Self {
            second,
            day: calendar(second, zone, "%Y-%m-%d"),
            time: calendar(second, zone, "%H:%M:%S"),
            heading: calendar(second, zone, "%Y-%m-%d %Z"),
        })
    }
}

/// A second since 1970 as calendar text, or as the bare number where it is beyond the calendar's range.
fn calendar(second: i64, zone: &TimeZone, format: &str) -> String {
    jiff::Timestamp::from_second(second).map_or_else(
        |_| second.to_string(),
        |time| time.to_zoned_datetime(zone.clone()).strftime(format).to_string(),
    )
}

fn push_fraction(text: &mut String, nanoseconds: u32, precision: Precision) {
    let digits = usize::from(precision.digits());
    if digits == 0 {
        return;
    }
    let mut octets = *b".000000000";
    let mut rest = nanoseconds;
    for octet in octets.iter_mut().skip(1).rev() {
        *octet = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
    }
    let kept = octets.get(..=digits).unwrap_or_default();
    text.push_str(str::from_utf8(kept).unwrap_or_default());
}

fn push_seconds(text: &mut String, nanoseconds: i64, precision: Precision) {
    let size = nanoseconds.unsigned_abs();
    let mut digits = (size / 1_000_000_000).to_string();
    push_fraction(&mut digits, u32::try_from(size % 1_000_000_000).unwrap_or_default(), precision);
    // A time that shows as zero gets no minus sign.
    if nanoseconds < 0 && digits.contains(|digit: char| ('1'..='9').contains(&digit)) {
        text.push('-');
    }
    text.push_str(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_has_the_digits_of_the_capture() {
        let mut clock = Clock::new(TimeStyle::Epoch);
        // 1717236000 is 2024-06-01T10:00:00Z (date -u -d @1717236000).
        let time = Timestamp::new(1_717_236_000, 1);
        assert_eq!(clock.rfc3339(time, Precision::NANOSECONDS), "2024-06-01T10:00:00.000000001Z");
        assert_eq!(clock.rfc3339(time, Precision::MICROSECONDS), "2024-06-01T10:00:00.000000Z");
        assert_eq!(clock.rfc3339(time, Precision::SECONDS), "2024-06-01T10:00:00Z");
        let before = Timestamp::new(-1, 500_000_000);
        assert_eq!(clock.rfc3339(before, Precision::new(3)), "1969-12-31T23:59:59.500Z");
    }

    #[test]
    fn styles_count_from_where_they_say() {
        let at = |nanoseconds| Timestamp::new(100, nanoseconds);
        let mut relative = Clock::new(TimeStyle::Relative);
        relative.start(at(0));
        assert_eq!(relative.styled(at(250_000_000), Precision::new(3)), "0.250");
        assert_eq!(relative.styled(at(1_500_000_000), Precision::new(3)), "1.500");
        let mut delta = Clock::new(TimeStyle::Delta);
        assert_eq!(delta.styled(at(0), Precision::new(3)), "0.000");
        assert_eq!(delta.styled(at(40_000_000), Precision::new(3)), "0.040");
        assert_eq!(delta.styled(at(10_000_000), Precision::new(3)), "-0.030");
        assert_eq!(delta.styled(at(9_500_000), Precision::new(3)), "0.000");
        assert_eq!(delta.styled(at(9_000_000), Precision::new(4)), "-0.0005");
        assert_eq!(Clock::new(TimeStyle::Epoch).styled(at(5), Precision::NANOSECONDS), "100.000000005");
        assert_eq!(Clock::new(TimeStyle::Utc).styled(at(0), Precision::SECONDS), "00:01:40");
    }

    #[test]
    fn moments_name_their_day_when_it_is_another() {
        let mut clock = Clock::new(TimeStyle::Utc);
        clock.start(Timestamp::new(1_717_236_000, 0));
        let moment = Timestamp::new(1_717_236_000, 123_456_789);
        assert_eq!(clock.moment(moment, Precision::NANOSECONDS), "10:00:00.123");
        assert_eq!(clock.moment(moment, Precision::SECONDS), "10:00:00");
        let next_day = Timestamp::new(1_717_286_400, 0);
        assert_eq!(clock.moment(next_day, Precision::MICROSECONDS), "2024-06-02 00:00:00.000");
        let mut delta = Clock::new(TimeStyle::Delta);
        delta.start(Timestamp::new(1_717_236_000, 0));
        assert_eq!(delta.moment(moment, Precision::MICROSECONDS), "0.123");
        assert_eq!(delta.moment(moment, Precision::MICROSECONDS), "0.123");
    }

    #[test]
    fn rows_count_from_the_row_before() {
        let at = |milliseconds: i64| {
            Timestamp::from_nanoseconds(1_717_236_000_000_000_000 + milliseconds * 1_000_000)
        };
        let mut delta = Clock::new(TimeStyle::Delta);
        delta.start(at(0));
        let mut row = |milliseconds| delta.row(at(milliseconds), Precision::NANOSECONDS);
        // Rows need not be in order of time.
        assert_eq!([row(5_000), row(5_250), row(4_000)], ["0.000", "0.250", "-1.250"]);
        delta.count_from(Some(at(1_000)));
        assert_eq!(delta.row(at(61_500), Precision::NANOSECONDS), "60.500");
        delta.count_from(None);
        assert_eq!(delta.row(at(61_500), Precision::SECONDS), "0");
        let mut relative = Clock::new(TimeStyle::Relative);
        relative.start(at(0));
        assert_eq!(relative.row(at(5_000), Precision::new(3)), "5.000");
        assert_eq!(relative.row(at(5_250), Precision::new(3)), "5.250");
    }
}
