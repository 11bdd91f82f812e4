//! A recording as rows of the editor: what people copy out of Selenium IDE, Chrome's recorder or another suite.

use super::{
    files,
    import::{self, Looks, Wishes, looks},
    suite::{self, draft},
};
use app::model::{
    editor::Row,
    import::FileReport,
    smoke::{Flow, Suite},
};

/// More rows no page holds well.
pub const MOST_ROWS: usize = 1_000;

/// How it is called in the report.
const PASTED: &str = "pasted";

/// Its steps, flow after flow, and what became of each command; the error is why not, as a clause.
pub fn rows(text: &str, public_url: &str) -> Result<(FileReport, Vec<Row>), String> {
    let seems = match begins_with_step(text) {
        true => Looks::Toml,
        false => looks(text),
    };
    let (report, flows) = match seems {
        Looks::Toml => {
            let suite = ours(text)?;
            (files::our_report(PASTED, &suite), suite.flows)
        }
        Looks::Side | Looks::Recorder | Looks::Other(_) => {
            let imported = import::import(PASTED, text, &Wishes::default());
            let imported = imported.map_err(|error| error.to_string())?;
            (imported.report, imported.flows)
        }
    };
    let live = |mut flow: Flow| {
        files::live_at(&mut flow, public_url);
        draft::typed(&flow).rows
    };
    let rows: Vec<Row> = flows.into_iter().flat_map(live).collect();
    match rows.len() {
        0 => Err("there is no step in it".to_owned()),
        1..=MOST_ROWS => Ok((report, rows)),
        many => Err(format!(
            "it has {many} steps, and a draft takes at most {MOST_ROWS}; take it in as a file"
        )),
    }
}

/// `{ open = ...`: an inline table, which begins with a bare word where JSON has a quoted one.
fn begins_with_step(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Our own format: a whole suite, a flow of it, or steps.
fn ours(text: &str) -> Result<Suite, String> {
    let any = "http://localhost";
    let (before, after) = match (text.contains("public_url"), text.contains("[[flow]]")) {
        (true, _) => (String::new(), ""),
        (false, true) => (format!("public_url = \"{any}\"\n"), ""),
        (false, false) => {
            let steps = match text.trim_start().starts_with("steps") {
                true => ("", ""),
                false => ("steps = [\n", "\n]"),
            };
            let before = format!(
                "public_url = \"{any}\"\n[[flow]]\nname = \"{PASTED}\"\n{}",
                steps.0
            );
            (before, steps.1)
        }
    };
    let first = before.matches('\n').count();
    suite::parse(&format!("{before}{text}{after}")).map_err(|error| {
        format!(
            "line {}: {}",
            error.line.saturating_sub(first).max(1),
            error.words
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::editor::Do;

    fn acts(text: &str) -> Vec<Do> {
        let (_, rows) = rows(text, "https://shop.example.com").unwrap();
        rows.iter().map(|row| row.act).collect()
    }

    #[test]
    fn recordings_become_rows_with_fields_of_their_own() {
        let chrome = r#"{"title":"Order","steps":[
{"type":"navigate","url":"https://shop.example.com/","assertedEvents":[{"type":"navigation","url":"https://shop.example.com/","title":"Shop"}]},
{"type":"click","selectors":[["aria/Sign in"],["\#in"]],"offsetX":12,"offsetY":7},
{"type":"change","selectors":[["\#name"]],"value":"ann"},
{"type":"keyDown","key":"Enter"}]}"#
            .replace("\\#", "#");
        assert_eq!(acts(&chrome), [Do::Open, Do::Click, Do::Change, Do::Press]);
        let (report, rows) = rows(&chrome, "https://shop.example.com").unwrap();
        assert_eq!(report.fates().supported, 4);
        assert_eq!(rows[1].also, "at = \"12,7\"");
        let side = r##"{"version":"2.0","url":"http://localhost","tests":[{"id":"1","name":"A","commands":[
{"command":"open","target":"/","value":""},{"command":"click","target":"css=#go","value":""},
{"command":"type","target":"id=n","value":"x"},{"command":"fly","target":"","value":""}]}]}"##;
        assert_eq!(acts(side), [Do::Open, Do::Click, Do::Fill]);
        let (report, _) = super::rows(side, "").unwrap();
        assert_eq!(report.unknown(), ["fly"]);
    }

    #[test]
    fn our_own_words_are_taken_as_a_suite_a_flow_or_steps() {
        let steps = "{ open = \"/\" },\n{ click = \"Go\" },";
        assert_eq!(acts(steps), [Do::Open, Do::Click]);
        assert_eq!(
            acts(&format!("steps = [\n{steps}\n]")),
            [Do::Open, Do::Click]
        );
        let flow = format!("[[flow]]\nname = \"a\"\nsteps = [{steps}]");
        assert_eq!(acts(&flow), [Do::Open, Do::Click]);
        assert_eq!(
            acts(&format!("public_url = \"http://a.example\"\n{flow}")),
            [Do::Open, Do::Click]
        );
    }

    #[test]
    fn what_is_no_recording_says_why_and_where() {
        let why = |text: &str| rows(text, "").unwrap_err();
        assert!(why("<html>").contains("web page"), "{}", why("<html>"));
        assert!(why("").contains("empty"), "{}", why(""));
        let steps = why("{ open = \"/\" },\n{ fly = true },");
        assert!(
            steps.starts_with("line 2: ") && steps.contains("fly"),
            "{steps}"
        );
    }
}
