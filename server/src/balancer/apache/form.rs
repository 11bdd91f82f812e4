//! The body of a change: one worker, one flag, nothing else.
//!
//! Replaying the manager's whole form would rewrite load factors and routes from stale values.

use url::form_urlencoded;

/// httpd drops, without a word, whatever comes after this many bytes.
pub const LONGEST_BODY: usize = 1024;

/// The flags we ever touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// No requests, sticky or not.
    Disabled,
    /// A worker in error is tried again at once.
    IgnoreErrors,
}

impl Flag {
    fn parameter(self) -> &'static str {
        match self {
            Self::Disabled => "w_status_D",
            Self::IgnoreErrors => "w_status_I",
        }
    }
}

/// `None` when it would be too long to be read whole.
pub fn order(balancer: &str, worker: &str, nonce: &str, flag: Flag, on: bool) -> Option<String> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("b", balancer)
        .append_pair("w", worker)
        .append_pair("nonce", nonce)
        .append_pair(flag.parameter(), if on { "1" } else { "0" })
        .append_pair("xml", "1")
        .finish();
    (body.len() <= LONGEST_BODY).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_flag_of_one_worker() {
        let cases = [
            (Flag::Disabled, true, "w_status_D=1"),
            (Flag::Disabled, false, "w_status_D=0"),
            (Flag::IgnoreErrors, true, "w_status_I=1"),
        ];
        for (flag, on, parameter) in cases {
            assert_eq!(
                order("web", "http://10.0.0.12:9000/A b&c", "n-1", flag, on).unwrap(),
                format!(
                    "b=web&w=http%3A%2F%2F10.0.0.12%3A9000%2FA+b%26c&nonce=n-1&{parameter}&xml=1"
                )
            );
        }
    }

    #[test]
    fn a_body_that_would_be_cut_short_is_not_made() {
        let long = format!("http://10.0.0.12:9000/{}", "x".repeat(1000));
        assert_eq!(order("web", &long, "n", Flag::Disabled, true), None);
    }
}
