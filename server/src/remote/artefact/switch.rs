//! The node onto a release: `current` replaced by a rename, then its supervisor told to restart, in one call.

use super::script;
use crate::remote::{Ending, Order, Ran, RemoteError, RemoteShell, Sink, Stamp};
use app::model::{
    deployment::Plan,
    environment::Node,
    journal::Proof,
    name::Name,
    time::spoken,
    trouble::{Failure, Trouble},
};

/// Points `current` of `node` to `release_dir`, reads it back and runs the recipe's restart command. Used for the
/// new release and, to undo, for the one before. Safe to repeat: a second time only the restart is ordered again.
/// After a failure of class `Release` the node is on `release_dir` and the caller undoes.
pub async fn switch(
    shell: &dyn RemoteShell,
    plan: &Plan,
    node: &Node,
    release_dir: &Name,
    stamp: Stamp,
    sink: Sink,
) -> Result<Proof, Failure> {
    let order = script::switch(plan, node, release_dir);
    let ran = shell.run(node, &order, stamp, sink).await.map_err(|error| {
        // ended by somebody, and gone: the same order again is safe, and reads back what came of this one
        if matches!(error, RemoteError::NoResult) {
            Failure::ours(error.trouble(node))
        } else if error.may_have_run() {
            Failure::unsure(
                error
                    .trouble(node)
                    .stands(format!(
                        "Whether its `current` points to releases/{release_dir} and whether it restarted is not known."
                    )),
            )
        } else {
            error.failure(node, "Its `current` was not touched.")
        }
    })?;
    judge(node, release_dir, &order, &ran)?;
    Ok(Proof::Deployed {
        release_dir: release_dir.clone(),
    })
}

fn judge(node: &Node, release_dir: &Name, order: &Order, ran: &Ran) -> Result<(), Failure> {
    let name = &node.name;
    let on_it = format!("Its `current` points to releases/{release_dir}.");
    let untouched = "Its `current` was not touched, and nothing was restarted.";
    let trouble = |what: String, stands: &str, remedy: &str| {
        let trouble = Trouble::new(what).stands(stands).remedy(remedy);
        if ran.tail.is_empty() {
            trouble
        } else {
            trouble.detail(&ran.tail)
        }
    };
    Err(match (ran.ending, ran.code) {
        (Ending::Done, 0) => return Ok(()),
        (Ending::Done, script::NOT_PREPARED) => Failure::unsure(trouble(
            format!("Node {name} has no releases/{release_dir} any more."),
            untouched,
            "See who removed it; start the deployment again to prepare it anew.",
        )),
        (Ending::Done, script::CURRENT_OCCUPIED) => Failure::unsure(trouble(
            format!("On node {name} `current` is a file or folder, not a link."),
            untouched,
            "Move it away and make `current` a link to the release that runs, then retry.",
        )),
        (Ending::Done, script::NOT_SWITCHED) => Failure::ours(trouble(
            format!("On node {name} `current` could not be replaced."),
            untouched,
            "See that the deploy root belongs to the deploy user and has room, then retry.",
        )),
        (Ending::Done, script::READ_BACK_DIFFERS) => Failure::unsure(trouble(
            format!("On node {name} `current` was switched and read back otherwise."),
            "Somebody else switches it too; nothing was restarted.",
            "See who, then retry.",
        )),
        (Ending::Done, code) => Failure::release(trouble(
            format!("The restart command on node {name} ended with status {code}."),
            &on_it,
            "See its last lines below.",
        )),
        (Ending::Limit, _) => Failure::release(trouble(
            format!(
                "The restart command on node {name} did not end within {} and was stopped.",
                spoken(order.limit)
            ),
            &on_it,
            "See its last lines below; it must tell a supervisor and come back.",
        )),
        (Ending::Stopped, _) => Failure::unsure(trouble(
            format!("The restart of node {name} was ended by a newer owner of this deployment."),
            "Whether it restarted is not known.",
            "Look at what the newer owner does.",
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{
        artefact::sample::plan,
        fake::{FakeShell, node_at, ran},
        no_sink,
    };
    use app::model::{ids::RunId, trouble::FailureClass};

    async fn outcome(answer: Result<Ran, RemoteError>) -> Result<Proof, Failure> {
        let shell = FakeShell::default();
        shell.answer_run("switch", answer);
        let node = node_at("/srv/shop");
        let plan = plan(&node);
        let stamp = Stamp {
            epoch: 1,
            run: RunId::generate(),
        };
        switch(&shell, &plan, &node, &plan.release_dir, stamp, no_sink()).await
    }

    #[tokio::test]
    async fn each_ending_is_blamed_on_the_right_one() {
        use FailureClass::*;
        let cut = || RemoteError::Cut {
            address: "x".into(),
        };
        let limit = Ran {
            ending: Ending::Limit,
            ..ran(143, "")
        };
        let cases = [
            (Ok(ran(1, "boom")), Release),
            (Ok(ran(127, "")), Release),
            (Ok(limit), Release),
            (Ok(ran(251, "")), Unsure),
            (Ok(ran(252, "")), Unsure),
            (Ok(ran(253, "")), Ours),
            (Ok(ran(254, "")), Unsure),
            (Err(cut()), Unsure),
            (Err(RemoteError::NoResult), Ours),
            (Err(RemoteError::Locked), Ours),
            (Err(RemoteError::Fenced { newest: "9".into() }), Unsure),
        ];
        for (answer, class) in cases {
            let words = format!("{answer:?}");
            assert_eq!(outcome(answer).await.unwrap_err().class, class, "{words}");
        }
        assert!(outcome(Ok(ran(0, ""))).await.is_ok());
    }

    #[tokio::test]
    async fn a_failed_restart_shows_its_last_lines() {
        let failure = outcome(Ok(ran(7, "no such port"))).await.unwrap_err();
        assert_eq!(
            failure.trouble.to_string(),
            "The restart command on node red ended with status 7. \
             Its `current` points to releases/20261123140211. See its last lines below."
        );
        assert_eq!(failure.trouble.detail.as_deref(), Some("no such port"));
    }
}
