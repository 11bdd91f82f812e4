//! Points and spans of time, small enough for the browser.

use serde::{Deserialize, Serialize};
use std::{fmt, ops, time::Duration};

/// A point in time: milliseconds since 1970-01-01 UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// `14:02:11`, UTC.
    pub fn clock(self) -> String {
        let seconds = self.0.div_euclid(1_000).rem_euclid(86_400);
        let (hour, minute) = (seconds / 3_600, seconds / 60 % 60);
        format!("{hour:02}:{minute:02}:{:02}", seconds % 60)
    }

    /// `2026-11-23 14:02:11 UTC`.
    pub fn full(self) -> String {
        format!("{} {} UTC", self.date(), self.clock())
    }

    /// `2026-11-23T14:02:11.123Z`, as in RFC 3339.
    pub fn rfc3339(self) -> String {
        let part = self.0.rem_euclid(1_000);
        format!("{}T{}.{part:03}Z", self.date(), self.clock())
    }

    /// `2026-11-23`: days to civil date, with years that begin in March, so that the odd day comes last.
    fn date(self) -> String {
        const ERA: i64 = 146_097;
        let days = self.0.div_euclid(86_400_000) + 719_468;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (day - day / 1_460 + day / 36_524 - day / (ERA - 1)) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = match month {
            0..10 => (year, month + 3),
            _ => (year + 1, month - 9),
        };
        format!("{:04}-{month:02}-{day:02}", year + era * 400)
    }
}

impl Timestamp {
    /// So long before.
    pub fn before(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full())
    }
}

/// A span as people say it: `0.31 s`, `4.1 s`, `3 min`, `2 h`, `5 days`. In whole numbers: what formats
/// fractions weighs more in the browser than all of this file.
pub fn spoken(span: Duration) -> String {
    let ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let in_units_of = |unit: u64| ms.saturating_add(unit / 2) / unit;
    match ms {
        0..995 => format!("0.{:02} s", in_units_of(10)),
        995..9_950 => format!("{}.{} s", in_units_of(100) / 10, in_units_of(100) % 10),
        9_950..120_000 => format!("{} s", in_units_of(1_000)),
        120_000..7_200_000 => format!("{} min", in_units_of(60_000)),
        7_200_000..172_800_000 => format!("{} h", in_units_of(3_600_000)),
        _ => format!("{} days", in_units_of(86_400_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let cases = [
            (0, "0.00 s"),
            (4, "0.00 s"),
            (310, "0.31 s"),
            (994, "0.99 s"),
            (996, "1.0 s"),
            (1_250, "1.3 s"),
            (4_100, "4.1 s"),
            (9_949, "9.9 s"),
            (9_960, "10 s"),
            (40_000, "40 s"),
            (180_000, "3 min"),
            (7_200_000, "2 h"),
            (432_000_000, "5 days"),
        ];
        for (ms, text) in cases {
            assert_eq!(spoken(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn points_read_as_clock_and_date() {
        let at = Timestamp(1_795_442_531_123);
        assert_eq!(at.full(), "2026-11-23 14:02:11 UTC");
        assert_eq!(at.rfc3339(), "2026-11-23T14:02:11.123Z");
        for (ms, text) in [
            (-1, "1969-12-31T23:59:59.999Z"),
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp(ms).rfc3339(), text);
        }
        assert_eq!(
            (at + Duration::from_secs(2)).since(at),
            Duration::from_secs(2)
        );
        assert_eq!(at.since(at + Duration::from_secs(2)), Duration::ZERO);
    }
}
