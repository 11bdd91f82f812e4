//! Node by node, on one axis of time.

use super::{Shown, text, top::when};
use crate::record::{NodeRecord, StageRecord, StageResult};
use app::model::{
    stage::{Pass, Stage, Work},
    time::spoken,
};
use chrono::DateTime;
use std::{iter, time::Duration};

/// Parts of the axis; a bar is never narrower than one.
const WIDE: f64 = 1_000.0;

/// From the first stage to the last, in milliseconds since 1970.
struct Axis {
    from: f64,
    span: f64,
}

pub fn timeline<'a>(shown: &'a Shown<'a>) -> impl Iterator<Item = String> + Send + 'a {
    let axis = axis(&shown.record.nodes);
    let head = "<section><h2>Node by node</h2>\n<p class=\"key\"><span class=\"k prepare\">prepare</span> \
        <span class=\"k isolate\">isolate, drain</span> <span class=\"k deploy\">deploy, check</span> \
        <span class=\"k smoke\">smoke</span> <span class=\"k rejoin\">rejoin, soak</span> \
        <span class=\"k undo\">undo</span> <span class=\"k fail\">failed</span></p>\n<div class=\"nodes\">\n";
    iter::once(head.to_owned())
        .chain(
            shown
                .record
                .nodes
                .iter()
                .map(move |record| node(record, &axis)),
        )
        .chain(iter::once("</div></section>\n".to_owned()))
}

fn axis(nodes: &[NodeRecord]) -> Axis {
    let stages = || nodes.iter().flat_map(|node| &node.stages);
    let from = stages().filter_map(began).fold(f64::INFINITY, f64::min);
    let to = stages()
        .filter_map(|stage| Some(began(stage)? + length(stage)))
        .fold(0.0, f64::max);
    Axis {
        from,
        span: (to - from).max(1.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "only drawn")]
fn began(stage: &StageRecord) -> Option<f64> {
    let at = DateTime::parse_from_rfc3339(&stage.started_at).ok()?;
    Some(at.timestamp_millis() as f64)
}

fn length(stage: &StageRecord) -> f64 {
    stage.seconds.unwrap_or(0.0) * 1_000.0
}

fn node(node: &NodeRecord, axis: &Axis) -> String {
    let bars: String = node
        .stages
        .iter()
        .filter_map(|stage| bar(stage, axis))
        .collect();
    let out = match node.isolated_seconds {
        Some(seconds) => format!("{} out of service", seconds_words(seconds)),
        None if node.out => "may be out of service".to_owned(),
        None => "never out of service".to_owned(),
    };
    let rows: String = node.stages.iter().map(row).collect();
    let before = node
        .before
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), ToString::to_string);
    format!(
        "<details class=\"node\"><summary><span class=\"who\"><b>{}</b> <i>{}</i></span>\
         <svg viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"stages of {0}\">\
         <rect class=\"rail\" width=\"1000\" height=\"20\"/>{bars}</svg>\
         <span class=\"out\">{}</span></summary>\n<p class=\"quiet\">Ran before: {}</p>\
         <div class=\"wide\"><table><thead><tr><th>Stage</th><th>Began</th><th>Took</th><th>Came to</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></details>\n",
        text(node.name.as_str()),
        node.state.word(),
        text(&out),
        text(&before),
    )
}

fn bar(stage: &StageRecord, axis: &Axis) -> Option<String> {
    let x = (began(stage)? - axis.from) / axis.span * WIDE;
    let width = (length(stage) / axis.span * WIDE).max(2.0);
    Some(format!(
        "<rect class=\"{}\" x=\"{x:.1}\" width=\"{width:.1}\" height=\"20\"><title>{}{}, {}</title></rect>",
        class(stage),
        pass(stage.pass),
        stage.stage,
        seconds_words(stage.seconds.unwrap_or(0.0)),
    ))
}

fn class(stage: &StageRecord) -> &'static str {
    if stage.outcome == StageResult::Failed {
        return "fail";
    }
    if stage.pass == Pass::Undo {
        return "undo";
    }
    match stage.stage {
        Work::Stage(Stage::Isolate | Stage::Drain) => "isolate",
        Work::Stage(Stage::Deploy | Stage::Check) => "deploy",
        Work::Stage(Stage::Smoke) => "smoke",
        Work::Stage(Stage::Rejoin) | Work::Soak => "rejoin",
        Work::Prepare => "prepare",
    }
}

fn pass(pass: Pass) -> &'static str {
    match pass {
        Pass::Rehearsal => "rehearsal, ",
        Pass::Forward => "",
        Pass::Undo => "undo, ",
    }
}

fn row(stage: &StageRecord) -> String {
    let (class, came) = match (&stage.error, stage.outcome) {
        (Some(error), _) => ("bad", error.to_string()),
        (None, StageResult::Passed) => ("good", "passed".to_owned()),
        (None, StageResult::Failed) => ("bad", "failed".to_owned()),
        (None, StageResult::Stopped) => ("quiet", "stopped".to_owned()),
        (None, StageResult::Open) => ("quiet", "no result".to_owned()),
    };
    let again = match stage.attempt {
        1 => String::new(),
        n => format!(", attempt {n}"),
    };
    let took = stage.seconds.map_or_else(String::new, seconds_words);
    format!(
        "<tr><td>{}{}{again}</td><td>{}</td><td>{took}</td><td class=\"{class}\">{}</td></tr>\n",
        pass(stage.pass),
        stage.stage,
        text(&when(&stage.started_at)),
        text(&came),
    )
}

fn seconds_words(seconds: f64) -> String {
    spoken(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
