//! Film strips, failed steps, comparisons.

use super::{Shown, download, fact, picture, text};
use app::model::{
    evidence::{Against, Difference, Likeness, Spot, Standing, Taken},
    smoke::{StepReport, StepVerdict},
};
use std::{collections::BTreeSet, iter};

/// A film strip per flow, a row per node.
pub fn strips<'a>(shown: &'a Shown<'a>) -> impl Iterator<Item = String> + Send + 'a {
    let flows = shown.evidence.strips.iter().enumerate();
    let nothing = shown.evidence.empty_words().map(|(what, why)| {
        format!(
            "<section><h2>Pictures</h2><p class=\"lead\">{}</p><p>{}</p></section>\n",
            text(what),
            text(&why)
        )
    });
    let films = flows.flat_map(move |(strip, flow)| {
        let head = format!(
            "<section><h2>{}</h2><p class=\"quiet\">Flow {}: a row per node, a picture per step.</p>\n",
            text(&flow.title),
            text(flow.flow.as_str())
        );
        let rows = (0..flow.rows.len()).map(move |row| film(shown, strip, row));
        iter::once(head).chain(rows).chain(iter::once("</section>\n".to_owned()))
    });
    let some = nothing.is_none();
    nothing.into_iter().chain(films.filter(move |_| some))
}

fn film(shown: &Shown<'_>, strip: usize, row: usize) -> String {
    let evidence = shown.evidence;
    let cells = &evidence.strips[strip].rows[row].cells;
    let spots = (0..cells.len()).map(|column| Spot { strip, row, column });
    let shots: String = spots.clone().map(|spot| shot(shown, spot)).collect();
    let first = Spot {
        strip,
        row,
        column: 0,
    };
    let node = &evidence.strips[strip].rows[row].node;
    let words = match cells.is_empty() {
        true => String::new(),
        false => evidence.row_words(first),
    };
    format!(
        "<div class=\"film\"><p class=\"who\"><b>{}</b> <i>{}</i></p><div class=\"shots\" tabindex=\"0\">{shots}</div></div>\n",
        text(node.as_str()),
        text(&words)
    )
}

fn shot(shown: &Shown<'_>, spot: Spot) -> String {
    let evidence = shown.evidence;
    let words = &evidence.strip(spot).columns[spot.column];
    let standing = evidence.standing(spot);
    let said = evidence.standing_words(spot);
    let class = class(&standing);
    let inner = match evidence.report(spot) {
        Some(report) => picture(shown, report.picture.as_deref(), words),
        None => "<span class=\"none\">not run</span>".to_owned(),
    };
    format!(
        "<figure class=\"{class}\">{inner}<figcaption><span>{}. {}</span> <b>{}</b></figcaption></figure>",
        spot.column + 1,
        text(words),
        text(&said)
    )
}

fn class(standing: &Standing<'_>) -> &'static str {
    match standing {
        Standing::Failed(_) | Standing::Rejected(_) => "bad",
        Standing::Differs(_) | Standing::Broken | Standing::Incomparable(_) => "warn",
        Standing::Accepted(_) => "good",
        Standing::NotRun
        | Standing::Unseen
        | Standing::Reference
        | Standing::Alone
        | Standing::Comparing
        | Standing::Equal => "plain",
    }
}

/// Each step that failed, with all that is known of it.
pub fn failures<'a>(shown: &'a Shown<'a>) -> impl Iterator<Item = String> + Send + 'a {
    shown.evidence.spots().filter_map(move |spot| {
        let report = shown.evidence.report(spot)?;
        let (sign, why) = match &report.verdict {
            StepVerdict::Passed => return None,
            StepVerdict::Failed(why) => ("Failed", why),
            StepVerdict::Broken(why) => ("Our browser failed", why),
        };
        Some(failed(shown, spot, report, sign, why))
    })
}

fn failed(shown: &Shown<'_>, spot: Spot, report: &StepReport, sign: &str, why: &str) -> String {
    let row = shown.evidence.row(spot);
    let status = report.status.map_or_else(
        || "nothing was loaded".to_owned(),
        |status| status.to_string(),
    );
    let facts = [
        fact(
            "Node",
            &format!("{}, {}", row.node, shown.evidence.row_words(spot)),
        ),
        fact("At", &report.started_at.full()),
        fact("Address", &report.url),
        fact("Status", &status),
        fact("Answered by", &report.answered_by.join(", ")),
    ];
    let links = [
        (report.full_page.as_deref(), "Whole page"),
        (report.source.as_deref(), "Source, as text"),
        (
            report.archive.as_deref(),
            "Page with all it loaded (MHTML), as text",
        ),
    ];
    let links: Vec<String> = links
        .into_iter()
        .filter_map(|(sha, words)| download(shown, sha, words))
        .collect();
    let console = report
        .console
        .iter()
        .map(|line| format!("{}: {}", line.level, line.text));
    let requests = report.failed_requests.iter().map(|request| {
        format!(
            "{} {} {}",
            request.outcome,
            request.url,
            request.remote.as_deref().unwrap_or_default()
        )
    });
    format!(
        "<section class=\"card bad\"><h2>{sign}: step {} of {}, {}</h2><p class=\"lead\">{}</p>\
         <div class=\"cols\"><figure class=\"bad\">{}</figure><div><dl>{}</dl><p class=\"links\">{}</p>{}{}{}{}</div></div></section>\n",
        report.step,
        text(&report.flow_title),
        text(&report.words),
        text(why),
        picture(shown, report.picture.as_deref(), &report.words),
        facts.concat(),
        links.join(" · "),
        lines("Console", console),
        lines("Failed requests", requests),
        lines("Dialogs", report.dialogs.iter().cloned()),
        lines("To be looked at", report.warnings.iter().cloned()),
    )
}

fn lines(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!(
            "<h3>{title}, {}</h3><pre tabindex=\"0\">{}</pre>",
            lines.len(),
            text(&lines.join("\n"))
        ),
    }
}

/// Each picture that differs, once, beside what it was held against.
pub fn comparisons<'a>(shown: &'a Shown<'a>) -> impl Iterator<Item = String> + Send + 'a {
    let mut seen = BTreeSet::new();
    let differing =
        shown.evidence.new_spots().filter_map(move |spot| {
            let new = shown.evidence.cell(spot).picture()?;
            let against =
                shown.evidence.cell(spot).judged.against().iter().find_map(
                    |against| match &against.likeness {
                        Some(Likeness::Differs(difference)) => Some((against, difference)),
                        Some(Likeness::Equal | Likeness::Incomparable { .. }) | None => None,
                    },
                );
            let (against, difference) = against?;
            let fresh = seen.insert((
                shown.evidence.key(spot),
                new.to_owned(),
                against.picture.clone(),
            ));
            fresh.then(|| compared(shown, spot, new, against, difference))
        });
    let mut any = false;
    differing.map(move |part| {
        let head = if any {
            ""
        } else {
            "<h2 class=\"alone\">What looks different</h2>\n"
        };
        any = true;
        format!("{head}{part}")
    })
}

fn compared(
    shown: &Shown<'_>,
    spot: Spot,
    new: &str,
    against: &Against,
    difference: &Difference,
) -> String {
    let evidence = shown.evidence;
    let words = &evidence.strip(spot).columns[spot.column];
    let mut nodes = vec![evidence.row(spot).node.to_string()];
    nodes.extend(
        evidence
            .same_elsewhere(spot)
            .iter()
            .map(ToString::to_string),
    );
    let version = against
        .version
        .as_ref()
        .map_or_else(|| "an unknown release".to_owned(), ToString::to_string);
    let figure = |sha: Option<&str>, caption: String| {
        format!(
            "<figure class=\"plain\">{}<figcaption><span>{}</span></figcaption></figure>",
            picture(shown, sha, &caption),
            text(&caption)
        )
    };
    let said = evidence.standing_words(spot);
    format!(
        "<section class=\"card\"><h3>Step {} of {}: {}</h3><p><b>{}</b> · {}</p><div class=\"three\">{}{}{}</div></section>\n",
        spot.column + 1,
        text(&evidence.strip(spot).title),
        text(words),
        text(&said),
        text(&nodes.join(", ")),
        figure(Some(new), format!("new: {}", evidence.version)),
        figure(
            Some(&against.picture),
            format!("{}: {} on {version}", kind(against), against.node)
        ),
        match &difference.heat {
            Some(heat) => figure(Some(heat), format!("what differs: {}", difference.words())),
            None => String::new(),
        },
    )
}

fn kind(against: &Against) -> &'static str {
    use app::model::evidence::Baseline;
    match against.baseline {
        Baseline::Sibling { taken: Taken::Back } => "put back",
        Baseline::Sibling { .. } => "sibling",
        Baseline::LastGood { .. } => "last good",
        Baseline::Accepted { .. } => "accepted last",
    }
}
