//! `pitlane evidence`

use super::{
    Ended,
    args::EvidenceArgs,
    client::{Client, Failed},
    table::columns,
};
use app::model::evidence::{EvidenceView, Spot, Standing};

pub async fn run(args: EvidenceArgs) -> Result<Ended, Failed> {
    let client = Client::new(&args.reach)?;
    let path = format!("{}/deployments/{}/evidence", args.pool.path(), args.number);
    let view: EvidenceView = client.get(&path).await?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string(&view).expect("evidence becomes JSON")
        );
        return Ok(Ended::WELL);
    }
    println!("{} {}", view.headline(), view.review_line());
    if let Some(gate) = &view.gate {
        println!("{}", gate.words());
    }
    if let Some((what, why)) = view.empty_words() {
        println!("{what} {why}");
        return Ok(Ended::WELL);
    }
    for line in columns(&rows(&view)) {
        println!("{line}");
    }
    Ok(Ended::WELL)
}

/// A line per picture of the new release.
fn rows(view: &EvidenceView) -> Vec<Vec<String>> {
    let head = ["NODE", "FLOW", "STEP", "", "PICTURE"].map(str::to_owned);
    let row = |spot: Spot| {
        let strip = view.strip(spot);
        vec![
            view.row(spot).node.to_string(),
            strip.flow.to_string(),
            (spot.column + 1).to_string(),
            strip.columns[spot.column].clone(),
            words(view, spot),
        ]
    };
    std::iter::once(head.to_vec())
        .chain(view.new_spots().map(row))
        .collect()
}

fn words(view: &EvidenceView, spot: Spot) -> String {
    let by = |words: String| match view.said(spot) {
        Some(review) => format!("{words} by {}: {}", review.by, review.reason),
        None => words,
    };
    match view.standing(spot) {
        Standing::NotRun => "not run".to_owned(),
        Standing::Failed(sign) => format!("failed: {sign}"),
        Standing::Broken => "our browser failed".to_owned(),
        Standing::Unseen => "not photographed".to_owned(),
        Standing::Reference => "the old release".to_owned(),
        Standing::Alone => "nothing to compare".to_owned(),
        Standing::Comparing => "being compared".to_owned(),
        Standing::Equal => "equal".to_owned(),
        Standing::Slight(found) => format!("{}, as it may", found.words()),
        Standing::Accepted(found) => by(format!("{}, accepted", found.words())),
        Standing::Rejected(_) => by("rejected".to_owned()),
        Standing::Differs(found) => found.words(),
        Standing::Incomparable(why) => format!("not comparable: {why}"),
    }
}
