//! What was counted.

use app::model::journal::VisitorReport;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// Failures kept in words; the rest are only counted.
const KEPT: usize = 20;
/// Half milliseconds up to ten seconds.
const BUCKETS: usize = 20_000;

/// The report with the first failures in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    #[serde(flatten)]
    pub visitors: VisitorReport,
    pub failures: Vec<String>,
}

pub struct Tally {
    requests: u64,
    failed: u64,
    failures: Vec<String>,
    last_answer_at: Option<Instant>,
    longest_gap: Duration,
    /// Requests that are quick by nature: the slow ones would hide what the percentiles are for.
    quick: Vec<u32>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            requests: 0,
            failed: 0,
            failures: Vec::new(),
            last_answer_at: None,
            longest_gap: Duration::ZERO,
            quick: vec![0; BUCKETS],
        }
    }
}

impl Tally {
    /// One request is over; `quick`: it was one that asks for no long work.
    pub fn count(&mut self, outcome: Result<(), String>, took: Duration, quick: bool) {
        self.requests += 1;
        match outcome {
            Ok(()) => {
                let now = Instant::now();
                if let Some(last) = self.last_answer_at.replace(now) {
                    self.longest_gap = self.longest_gap.max(now - last);
                }
                if quick {
                    let bucket = usize::try_from(took.as_micros() / 500).unwrap_or(BUCKETS);
                    self.quick[bucket.min(BUCKETS - 1)] += 1;
                }
            }
            Err(words) => {
                self.failed += 1;
                if self.failures.len() < KEPT {
                    self.failures.push(words);
                }
            }
        }
    }

    pub fn report(&self) -> Report {
        // a gap that has not ended yet counts too
        let open = self
            .last_answer_at
            .map_or(Duration::ZERO, |last| last.elapsed());
        let longest_gap = self.longest_gap.max(open);
        Report {
            visitors: VisitorReport {
                requests: self.requests,
                failed: self.failed,
                longest_gap_ms: u64::try_from(longest_gap.as_millis()).unwrap_or(u64::MAX),
                p50_ms: self.percentile(50),
                p99_ms: self.percentile(99),
            },
            failures: self.failures.clone(),
        }
    }

    /// The upper edge of the half millisecond in which `percent` of the quick answers had come.
    fn percentile(&self, percent: u64) -> f64 {
        let all: u64 = self.quick.iter().map(|count| u64::from(*count)).sum();
        let mut seen = 0;
        for (bucket, count) in (1_u32..).zip(&self.quick) {
            seen += u64::from(*count);
            if all > 0 && seen * 100 >= all * percent {
                return f64::from(bucket) / 2.0;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_failures_apart_and_keeps_the_first_in_words() {
        let mut tally = Tally::default();
        for number in 0..100 {
            tally.count(Ok(()), Duration::from_millis(number), true);
        }
        tally.count(Ok(()), Duration::from_secs(4), false);
        for number in 0..30 {
            tally.count(Err(format!("{number}")), Duration::ZERO, true);
        }
        let report = tally.report();
        assert_eq!(
            (report.visitors.requests, report.visitors.failed),
            (131, 30)
        );
        assert_eq!(report.failures.len(), KEPT);
        assert_eq!(report.failures[0], "0");
        assert_eq!(
            (report.visitors.p50_ms, report.visitors.p99_ms),
            (49.5, 98.5)
        );
    }

    #[test]
    fn an_empty_tally_reports_nothing() {
        let report = Tally::default().report();
        assert_eq!(report.visitors, VisitorReport::default());
    }
}
