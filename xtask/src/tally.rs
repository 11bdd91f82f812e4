/// What all test programs reported together.
#[derive(Default)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub failures: Vec<String>,
    /// A test program has begun and not yet reported its result.
    open: bool,
}

impl Tally {
    pub fn read(&mut self, line: &str) {
        if let Some((_, result)) = line.split_once("test result: ") {
            self.passed += count(result, "passed");
            self.failed += count(result, "failed");
            self.open = false;
        } else if is_start(line) {
            self.close();
            self.open = true;
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
    }

    /// A program that ended without a result died: that is a failure of its own.
    pub fn close(&mut self) {
        if self.open {
            self.failed += 1;
            self.failures
                .push("a test program that died before its result".to_owned());
        }
        self.open = false;
    }

    pub fn last_line(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }
}

/// `running 3 tests`
fn is_start(line: &str) -> bool {
    let mut words = line.split(' ');
    words.next() == Some("running")
        && words
            .next()
            .is_some_and(|number| number.parse::<u64>().is_ok())
        && words.next().is_some_and(|word| word.starts_with("test"))
        && words.next().is_none()
}

/// The number before `what` in `ok. 5 passed; 0 failed; 1 ignored`.
fn count(result: &str, what: &str) -> u64 {
    result
        .split([';', '.'])
        .find_map(|part| part.trim().strip_suffix(what)?.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally.close();
        tally
    }

    #[test]
    fn results_of_all_programs_are_added() {
        let all = tally(
            "\nrunning 2 tests\ntest a ... ok\ntest b ... ok\n\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             running 3 tests\ntest x::y ... FAILED\n\
             test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.25s\n",
        );
        assert_eq!(all.last_line(), "3 passed, 1 failed");
        assert_eq!(all.failures, ["x::y"]);
    }

    #[test]
    fn a_result_behind_other_output_still_counts() {
        let all = tally(
            "running 1 test\nno newline heretest result: ok. 1 passed; 0 failed; 0 ignored\n",
        );
        assert_eq!(all.last_line(), "1 passed, 0 failed");
    }

    #[test]
    fn a_program_that_dies_is_a_failure() {
        for output in [
            "running 2 tests\ntest a ... ok\n",
            "running 2 tests\nrunning 1 test\ntest result: ok. 0 passed; 0 failed; 0 ignored\n",
        ] {
            assert_eq!(tally(output).last_line(), "0 passed, 1 failed");
        }
    }

    #[test]
    fn sentences_that_look_alike_are_not_counted() {
        let all = tally("running late tests\nrunning 3 tests in a row\ntest of patience ... ok\n");
        assert_eq!(all.last_line(), "0 passed, 0 failed");
    }
}
