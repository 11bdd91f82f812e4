//! What we do and how long it took, always on stderr: stdout belongs to results.

use std::time::{Duration, Instant};

/// Announces `what`, does it, says how long it took. A failure is told by whoever handles it.
pub fn step<T>(what: &str, act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("==> {what}");
    let begun = Instant::now();
    let outcome = act()?;
    eprintln!("    done in {}", lasted(begun.elapsed()));
    Ok(outcome)
}

/// One line below the current step.
pub fn note(what: &str) {
    eprintln!("    {what}");
}

/// `0.4 s`, `12.0 s`, `3 min 20 s`.
pub fn lasted(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_would_say_them() {
        for (ms, said) in [
            (40, "0.0 s"),
            (420, "0.4 s"),
            (12_000, "12.0 s"),
            (99_960, "1 min 40 s"),
            (200_400, "3 min 20 s"),
        ] {
            assert_eq!(lasted(Duration::from_millis(ms)), said);
        }
    }
}
