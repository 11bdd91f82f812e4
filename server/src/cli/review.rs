//! `pitlane review`: says of pictures what the page's buttons say, about what is shown at this moment.

use super::{
    Ended,
    args::{ReviewArgs, Said},
    client::{Client, Failed},
};
use crate::wire::{Done, ReviewBody};
use app::model::evidence::{EvidenceView, Spot, Standing, Taken, Verdict};
use std::collections::HashSet;

pub async fn run(args: ReviewArgs) -> Result<Ended, Failed> {
    if args.all && args.verdict == Said::Reject {
        return Err(Failed::Here(
            "`--all` only accepts: a rejection names one picture, with --flow, --step and --node."
                .to_owned(),
        ));
    }
    let client = Client::new(&args.reach)?;
    let deployment = format!("{}/deployments/{}", args.pool.path(), args.number);
    let view: EvidenceView = client.get(&format!("{deployment}/evidence")).await?;
    let spots = match args.all {
        true => open(&view)?,
        false => vec![named(&view, &args)?],
    };
    if spots.is_empty() {
        println!("No difference waits for anybody.");
    }
    for spot in spots {
        let body = body(&view, spot, &args);
        let done: Done = client.post(&format!("{deployment}/review"), &body).await?;
        println!("{}", done.words);
    }
    Ok(Ended::WELL)
}

/// What nobody has spoken of, each picture once.
fn open(view: &EvidenceView) -> Result<Vec<Spot>, Failed> {
    if view.tally().comparing > 0 {
        return Err(Failed::Here(
            "Pictures are still being compared. Ask again in a moment.".to_owned(),
        ));
    }
    let mut seen = HashSet::new();
    let open = view
        .new_spots()
        .filter(|spot| matches!(view.standing(*spot), Standing::Differs(_)))
        .filter(|spot| seen.insert((view.key(*spot), view.cell(*spot).picture())));
    Ok(open.collect())
}

fn named(view: &EvidenceView, args: &ReviewArgs) -> Result<Spot, Failed> {
    let (Some(flow), Some(step), Some(node)) = (&args.flow, args.step, &args.node) else {
        return Err(Failed::Here(
            "Name a picture with --flow, --step and --node.".to_owned(),
        ));
    };
    view.find(flow, step, node, Taken::New).ok_or_else(|| {
        Failed::Here(format!(
            "{} #{} has no step {step} of {flow} on {node}. `pitlane evidence {} {}` lists them.",
            args.pool.title(),
            args.number,
            args.pool.title(),
            args.number
        ))
    })
}

fn body(view: &EvidenceView, spot: Spot, args: &ReviewArgs) -> ReviewBody {
    let cell = view.cell(spot);
    let key = view.key(spot);
    ReviewBody {
        node: view.row(spot).node.clone(),
        flow: key.flow,
        step: key.step,
        verdict: match args.verdict {
            Said::Accept => Verdict::Accepted,
            Said::Reject => Verdict::Rejected,
        },
        new: cell.picture().unwrap_or_default().to_owned(),
        old: cell.judged.against().first().map(|one| one.picture.clone()),
        after: view.said(spot).map(|review| review.id),
        reason: args.reason.clone(),
    }
}
