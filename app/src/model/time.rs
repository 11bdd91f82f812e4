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
        self.format("%H:%M:%S")
    }

    /// `2026-11-23 14:02:11 UTC`.
    pub fn full(self) -> String {
        self.format("%Y-%m-%d %H:%M:%S UTC")
    }

    /// `2026-11-23T14:02:11.123Z`, as in RFC 3339.
    pub fn rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%S%.3fZ")
    }

    fn format(self, pattern: &str) -> String {
        chrono::DateTime::from_timestamp_millis(self.0)
            .map(|at| at.format(pattern).to_string())
            .unwrap_or_else(|| "unknown time".to_owned())
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

/// A span as people say it: `0.31 s`, `4.1 s`, `3 min`, `2 h`, `5 days`.
pub fn spoken(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match seconds {
        s if s < 1.0 => format!("{s:.2} s"),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let cases = [
            (310, "0.31 s"),
            (4_100, "4.1 s"),
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
        assert_eq!(
            (at + Duration::from_secs(2)).since(at),
            Duration::from_secs(2)
        );
        assert_eq!(at.since(at + Duration::from_secs(2)), Duration::ZERO);
    }
}
