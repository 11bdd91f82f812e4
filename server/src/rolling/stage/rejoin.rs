//! Return it to service and read back that it is.
//!
//! - Before: check and smoke passed on this node for what it runs now, or its code was never switched.
//! - Changes: our one flag, back to what it was in every balancer that lists the node.
//! - Twice is safe: the order is absolute, and it is read back.
//! - If it fails: the node stays out and watched.
//! - A person: mends the balancer, then aborts or deploys again.

use crate::balancer::Wanted;
use app::model::{environment::Admission, ids::BalancerId};

/// What each balancer shall do with the node afterwards: a node that was out there before us stays out.
pub fn wanted(
    before: &[(BalancerId, Admission)],
) -> impl Iterator<Item = (BalancerId, Wanted)> + '_ {
    before.iter().map(|(balancer, admission)| {
        let wanted = match admission {
            Admission::InService | Admission::Failing => Wanted::InService,
            Admission::Isolated | Admission::Unknown => Wanted::Isolated,
        };
        (*balancer, wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_in_rotation_before_is_put_back_into_it() {
        for (before, after) in [
            (Admission::InService, Wanted::InService),
            // in rotation by its flags; the balancer's own checks decide
            (Admission::Failing, Wanted::InService),
            (Admission::Isolated, Wanted::Isolated),
            (Admission::Unknown, Wanted::Isolated),
        ] {
            let balancer = BalancerId::generate();
            let wanted: Vec<_> = wanted(&[(balancer, before)]).collect();
            assert_eq!(wanted, [(balancer, after)], "{before:?}");
        }
    }
}
