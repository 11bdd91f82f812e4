//! Pure: the inbox. Alarms come first, then what waits for a review until its deadline, then what stopped, then what
//! differs, then what nobody adopted.

use app::model::{
    deployment::DeploymentState,
    drift::Difference,
    evidence::Gate,
    name::Name,
    rehearsal::{Cause, RehearsalView, Verdict},
    view::{DeploymentLine, Need},
};

/// A pool as far as it may need somebody.
pub struct Pool<'a> {
    pub environment: &'a Name,
    pub application: &'a Name,
    pub active: Option<&'a DeploymentLine>,
    /// The last rehearsal.
    pub tried: Option<&'a RehearsalView>,
    /// Of nodes that are out for too long, in words.
    pub alarms: Vec<&'a str>,
    /// Its active deployment waits for a review.
    pub gate: Option<&'a Gate>,
    pub nodes: Vec<(&'a Name, &'a [Difference])>,
}

pub fn needs<'a>(pools: impl Iterator<Item = Pool<'a>>) -> Vec<Need> {
    let (mut alarms, mut reviews, mut halted) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tried, mut drift, mut unadopted) = (Vec::new(), Vec::new(), Vec::new());
    for pool in pools {
        if let Some(line) = pool.active {
            let boxed = || Box::new(line.clone());
            // a deployment waits for a person once, for the more pressing reason
            if !pool.alarms.is_empty() {
                alarms.push(Need::Alarm {
                    line: boxed(),
                    words: pool.alarms.join(" "),
                });
            } else if let Some(gate) = pool.gate {
                reviews.push(Need::Review {
                    line: boxed(),
                    words: gate.words(),
                });
            } else if line.state == DeploymentState::Halted {
                halted.push(Need::Halted { line: boxed() });
            }
        }
        tried.extend(failed(&pool));
        drift.extend(drifted(&pool));
        unadopted.extend(never_adopted(&pool));
    }
    alarms
        .into_iter()
        .chain(reviews)
        .chain(halted)
        .chain(tried)
        .chain(drift)
        .chain(unadopted)
        .collect()
}

/// What somebody tried by hand, that person looks at.
fn failed(pool: &Pool<'_>) -> Option<Need> {
    let view = pool.tried?;
    let (Cause::Scheduled, Some(Verdict::Failed { trouble })) =
        (view.line.cause, &view.line.verdict)
    else {
        return None;
    };
    let place = match (view.failing_flow(), &view.line.node) {
        (Some(flow), Some(node)) => format!("The suite fails in “{flow}” on {node} in service. "),
        (None, _) | (_, None) => String::new(),
    };
    Some(Need::Rehearsal {
        line: Box::new(view.line.clone()),
        words: format!("{place}{}", trouble.what),
    })
}

fn drifted(pool: &Pool<'_>) -> Option<Need> {
    let mut nodes: Vec<Name> = Vec::new();
    let mut first = None;
    let mut many = 0_usize;
    for (node, differences) in &pool.nodes {
        for difference in *differences {
            if matches!(difference, Difference::Unadopted { .. }) {
                continue;
            }
            many += 1;
            first.get_or_insert_with(|| difference.trouble(node).what);
            if !nodes.contains(node) {
                nodes.push((*node).clone());
            }
        }
    }
    let first = first?;
    let words = if many == 1 {
        first
    } else {
        let names: Vec<_> = nodes.iter().take(4).map(Name::as_str).collect();
        let more = match nodes.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{many} differences on {}{more}.", names.join(", "))
    };
    Some(Need::Drift {
        environment: pool.environment.clone(),
        application: pool.application.clone(),
        nodes,
        words,
    })
}

fn never_adopted(pool: &Pool<'_>) -> Option<Need> {
    let is_new = |differences: &[Difference]| {
        let mut all = differences.iter();
        all.any(|difference| matches!(difference, Difference::Unadopted { .. }))
    };
    let nodes = pool
        .nodes
        .iter()
        .filter(|(_, differences)| is_new(differences));
    let nodes: Vec<Name> = nodes.map(|(node, _)| (*node).clone()).collect();
    (!nodes.is_empty()).then(|| Need::Unadopted {
        environment: pool.environment.clone(),
        application: pool.application.clone(),
        nodes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::{
        drift::{Pointing, Running},
        ids::DeploymentId,
        time::Timestamp,
    };

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn running(dir: &str) -> Running {
        Running {
            release_dir: name(dir),
            version: None,
        }
    }

    fn moved() -> Difference {
        Difference::Current {
            expected: running("1"),
            found: Pointing::Nothing,
            answers: None,
        }
    }

    fn strange() -> Difference {
        Difference::Unadopted {
            found: running("1"),
            answers: None,
        }
    }

    fn said(nodes: &[(&str, Vec<Difference>)]) -> Vec<String> {
        let (production, shop) = (name("production"), name("shop"));
        let names: Vec<_> = nodes.iter().map(|(node, _)| name(node)).collect();
        let nodes = names.iter().zip(nodes);
        let pool = Pool {
            environment: &production,
            application: &shop,
            active: None,
            tried: None,
            alarms: Vec::new(),
            gate: None,
            nodes: nodes
                .map(|(name, (_, all))| (name, all.as_slice()))
                .collect(),
        };
        needs([pool].into_iter())
            .into_iter()
            .map(|need| match need {
                Need::Alarm { words, .. } => words,
                Need::Review { words, .. } => words,
                Need::Halted { line } => format!("halted {}", line.number),
                Need::Rehearsal { words, .. } => words,
                Need::Drift { nodes, words, .. } => format!("{}: {words}", nodes.len()),
                Need::Unadopted { nodes, .. } => format!("{} unadopted", nodes.len()),
            })
            .collect()
    }

    #[test]
    fn one_difference_is_told_and_many_are_counted() {
        assert_eq!(said(&[("red", vec![])]), [""; 0]);
        assert_eq!(
            said(&[("red", vec![moved()])]),
            ["1: On red there is no `current`; expected is 1."]
        );
        assert_eq!(
            said(&[("red", vec![moved(), moved()]), ("blue", vec![moved()])]),
            ["2: 3 differences on red, blue."]
        );
        let many = ["a", "b", "c", "d", "e", "f"].map(|node| (node, vec![moved()]));
        assert_eq!(said(&many), ["6: 6 differences on a, b, c, d and 2 more."]);
    }

    #[test]
    fn a_deployment_waits_once_and_an_alarm_is_more_pressing_than_its_halt() {
        let (production, shop) = (name("production"), name("shop"));
        let line = DeploymentLine {
            id: DeploymentId::generate(),
            environment: production.clone(),
            application: shop.clone(),
            number: 7,
            version: name("1.1"),
            state: DeploymentState::Halted,
            why: String::new(),
            asked_by: "ann".into(),
            started_at: Timestamp(0),
            ended_at: None,
            done: 1,
            of: 3,
        };
        let gate = Gate {
            node: name("red"),
            old: Some(name("1.0")),
            undone_if_rejected: true,
            differences: Vec::new(),
            until: Some(Timestamp(0)),
        };
        let found = |alarms: &[&'static str], gate| {
            let pool = Pool {
                environment: &production,
                application: &shop,
                active: Some(&line),
                tried: None,
                alarms: alarms.to_vec(),
                gate,
                nodes: Vec::new(),
            };
            needs([pool].into_iter())
        };
        let boxed = || Box::new(line.clone());
        assert_eq!(
            found(&[], Some(&gate)),
            [Need::Review {
                line: boxed(),
                words: gate.words()
            }]
        );
        assert_eq!(found(&[], None), [Need::Halted { line: boxed() }]);
        let words = "Red is out. Blue is out.".to_owned();
        assert_eq!(
            found(&["Red is out.", "Blue is out."], Some(&gate)),
            [Need::Alarm {
                line: boxed(),
                words
            }]
        );
    }

    #[test]
    fn only_what_the_schedule_found_is_in_the_inbox() {
        let (production, shop) = (name("production"), name("shop"));
        let view = |cause, verdict| RehearsalView {
            line: app::model::rehearsal::RehearsalLine {
                id: app::model::ids::RehearsalId::generate(),
                environment: production.clone(),
                application: shop.clone(),
                cause,
                asked_by: "Pitlane".into(),
                asked_at: Timestamp(0),
                node: Some(name("red")),
                version: None,
                suite: None,
                ended_at: Some(Timestamp(1)),
                verdict: Some(verdict),
                draft: None,
            },
            steps: Vec::new(),
            planned: Vec::new(),
        };
        let failed = || Verdict::Failed {
            trouble: app::model::trouble::Trouble::new("It says no."),
        };
        let passed = Verdict::Passed { flows: 1, steps: 1 };
        for (view, waits) in [
            (view(Cause::Scheduled, failed()), true),
            (view(Cause::ByHand, failed()), false),
            (view(Cause::Scheduled, passed), false),
        ] {
            let pool = Pool {
                environment: &production,
                application: &shop,
                active: None,
                tried: Some(&view),
                alarms: Vec::new(),
                gate: None,
                nodes: Vec::new(),
            };
            assert_eq!(needs([pool].into_iter()).len() == 1, waits, "{view:?}");
        }
    }

    #[test]
    fn what_nobody_adopted_is_one_thing_to_do_and_comes_last() {
        assert_eq!(
            said(&[("red", vec![strange(), moved()]), ("blue", vec![strange()])]),
            [
                "1: On red there is no `current`; expected is 1.",
                "2 unadopted"
            ]
        );
    }
}
