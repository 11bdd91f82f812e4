//! Scripts of the suite. What they throw is theirs, not the page's.

use super::Doing;
use crate::smoke::{
    BrowserTrouble,
    variables::Called,
    webdriver::{
        line::{answer_of, changed},
        session::GRACE,
        wire::Snag,
    },
};
use app::model::smoke::Script;
use serde_json::{Value, json};
use tokio::time::Instant;

pub async fn run(on: &mut Doing<'_>, script: &Script) -> Result<Value, Snag> {
    let (Script::Body(text) | Script::Promise(text)) = script;
    let called = on.script(text);
    match script {
        Script::Body(_) => call(on, "execute/sync", called.body, called.args).await,
        Script::Promise(_) => {
            match promised(on, called, "value").await? {
                // Selenium IDE takes a broken promise for an answer like any other
                Came::To(value) | Came::Broke(value) => Ok(value),
                Came::Threw(why) => Err(threw(&why)),
            }
        }
    }
}

/// Until the expression, or what it promises, is true.
pub async fn wait(on: &mut Doing<'_>, script: &str) -> Result<(), Snag> {
    let called = on.script(script);
    let nothing = |why: &str| format!("the expression comes to nothing: {why}");
    Err(Snag::Again(
        match promised(on, called, "Boolean(value)").await? {
            Came::To(Value::Bool(true)) => return Ok(()),
            Came::To(_) => "the expression is not true".to_owned(),
            // what it needs may come yet
            Came::Broke(why) => nothing(&spoken(&why)),
            Came::Threw(why) => nothing(&why),
        },
    ))
}

pub async fn condition(on: &mut Doing<'_>, script: &str) -> Result<Value, Snag> {
    let called = on.script(script);
    let body = format!("return [!!({})];", called.body);
    let answer = call(on, "execute/sync", body, called.args).await?;
    answer_of(answer).ok_or_else(changed)
}

pub fn times(count: &str) -> Result<Value, Snag> {
    let whole = count.trim().split('.').next().unwrap_or_default();
    match (count.trim().parse::<f64>(), whole.parse::<i64>()) {
        (Ok(_), Ok(times)) => Ok(times.into()),
        _ => Err(Snag::No(format!("\"{count}\" is no number of times"))),
    }
}

pub fn list(on: &Doing<'_>, name: &str) -> Result<Value, Snag> {
    match on.values.variables.get(name) {
        Some(Value::Array(all)) => Ok(all.clone().into()),
        Some(_) => Err(Snag::No(format!("the variable {name} is no list"))),
        None => Err(Snag::No(format!("there is no variable {name}"))),
    }
}

const LEFT: &str = "the page was left before it ended";

/// What came of an expression.
enum Came {
    To(Value),
    /// Its promise, with this.
    Broke(Value),
    /// In words. Also: it did not end.
    Threw(String),
}

/// Waits until an expression's promise is kept, and for what `kept` makes of its value.
async fn promised(on: &Doing<'_>, called: Called, kept: &str) -> Result<Came, Snag> {
    let body = called.body.trim().trim_end_matches(';');
    let script = format!(
        "const done = arguments[arguments.length - 1];\n\
         const say = (error) => String(error?.message ?? error);\n\
         addEventListener('pagehide', () => done({{ threw: '{LEFT}' }}));\n\
         let promise;\n\
         try {{ promise = (\n{body}\n); }} catch (error) {{ return done({{ threw: say(error) }}); }}\n\
         Promise.resolve(promise).then((value) => done({{ value: {kept} }}), (error) => done({{ broken: say(error) }}));"
    );
    let begun = Instant::now();
    let threw = |why: &str| Ok(Came::Threw(why.to_owned()));
    match call(on, "execute/async", script, called.args).await {
        Ok(Value::Object(mut answer)) => {
            Ok(match (answer.remove("threw"), answer.remove("broken")) {
                (Some(why), _) => Came::Threw(spoken(&why)),
                (_, Some(why)) => Came::Broke(why),
                // a driver may leave `undefined` out
                _ => Came::To(answer.remove("value").unwrap_or_default()),
            })
        }
        // Firefox gave it up: see `answer_of`
        Ok(_) => match on.wire.get("alert/text", on.limit).await {
            Ok(_) => Err(Snag::Alert),
            Err(Snag::NoAlert) => threw(LEFT),
            Err(snag) => Err(snag),
        },
        Err(Snag::Unended) if begun.elapsed() + GRACE < on.limit => threw(LEFT),
        Err(Snag::Unended) => threw("it did not end in time"),
        Err(snag) => Err(snag),
    }
}

async fn call(
    on: &Doing<'_>,
    command: &str,
    script: String,
    args: Vec<Value>,
) -> Result<Value, Snag> {
    let body = json!({ "script": script, "args": args });
    match on.wire.post(command, body, on.limit).await {
        Err(Snag::Threw(why)) => Err(threw(&why)),
        Err(Snag::Trouble(trouble)) if trouble.what.contains("no answer") => Err(Snag::Trouble(
            BrowserTrouble::new("the suite's script did not end, and the page does nothing else")
                .because(trouble.what),
        )),
        other => other,
    }
}

fn threw(why: &str) -> Snag {
    Snag::No(format!("the script failed: {why}"))
}

fn spoken(value: &Value) -> String {
    crate::smoke::variables::spoken(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_numbers_or_refused() {
        for (text, wanted) in [
            ("3", Some(3)),
            (" 2.9 ", Some(2)),
            ("-1", Some(-1)),
            ("many", None),
            ("NaN", None),
        ] {
            assert_eq!(times(text).ok().and_then(|n| n.as_i64()), wanted, "{text}");
        }
    }
}
