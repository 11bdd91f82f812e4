//! `${name}` in a step's texts and scripts: pure.
//!
//! The rules are those of Selenium IDE's v4 runtime: the shortest name up to the next brace; one that is not known stays
//! as it is written; in scripts a variable is a value, not text. Its escapes (`\n`) and spaces at the ends are undone
//! where its files are read. The process's own environment cannot be reached from here: `${env:NAME}` is a variable
//! that was configured under this name.

use super::Values;
use serde_json::{Number, Value};

const NBSP: char = '\u{a0}';

/// A text as it will be typed, looked for or compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed {
    pub text: String,
    /// The secrets that are part of it; must not be shown.
    pub secrets: Vec<String>,
}

impl Typed {
    pub fn is_secret(&self) -> bool {
        !self.secrets.is_empty()
    }
}

// not derived: it may hold a secret
impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Typed({} secrets)", self.secrets.len())
    }
}

/// What a name stands for.
enum Meant<'a> {
    Value(&'a Value),
    Secret(&'a str),
    Text(String),
}

pub fn interpolate(text: &str, values: &Values<'_>) -> Typed {
    let mut typed = Typed {
        text: String::with_capacity(text.len()),
        secrets: Vec::new(),
    };
    let run = values.run.to_string();
    for part in parts(text) {
        match part {
            Part::Text(text) => typed.text.push_str(&text.replace("{run}", &run)),
            Part::Name { name, written } => match meant(name, values) {
                None => typed.text.push_str(written),
                Some(Meant::Text(text)) => typed.text.push_str(&text),
                Some(Meant::Value(value)) => typed.text.push_str(&spoken(value)),
                Some(Meant::Secret(secret)) => {
                    typed.text.push_str(secret);
                    typed.secrets.push(secret.to_owned());
                }
            },
        }
    }
    typed
}

/// A script with its variables as `arguments[i]`, and these.
#[derive(Clone, PartialEq)]
pub struct Called {
    pub body: String,
    pub args: Vec<Value>,
    /// See [`Typed::secrets`].
    pub secrets: Vec<String>,
}

pub fn script(text: &str, values: &Values<'_>) -> Called {
    let mut called = Called {
        body: String::with_capacity(text.len()),
        args: Vec::new(),
        secrets: Vec::new(),
    };
    let run = values.run.to_string();
    let mut used: Vec<&str> = Vec::new();
    for part in parts(text) {
        match part {
            Part::Text(text) => called.body.push_str(&text.replace("{run}", &run)),
            Part::Name { name, written } => {
                let Some(meant) = meant(name, values) else {
                    called.body.push_str(written);
                    continue;
                };
                let index = used.iter().position(|known| *known == name);
                let index = index.unwrap_or_else(|| {
                    used.push(name);
                    called.args.push(match meant {
                        Meant::Value(value) => value.clone(),
                        Meant::Text(text) => text.into(),
                        Meant::Secret(secret) => {
                            called.secrets.push(secret.to_owned());
                            secret.into()
                        }
                    });
                    used.len() - 1
                });
                called.body.push_str(&format!("arguments[{index}]"));
            }
        }
    }
    called
}

/// As a script's `String(value)` would have it.
pub fn spoken(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(is) => is.to_string(),
        Value::Number(number) => number_spoken(number),
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            let all: Vec<String> = all
                .iter()
                .map(|one| match one {
                    Value::Null => String::new(),
                    other => spoken(other),
                })
                .collect();
            all.join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

fn number_spoken(number: &Number) -> String {
    match number.as_f64() {
        // scripts know no 2.0
        Some(float) if !number.is_i64() && !number.is_u64() => format!("{float}"),
        _ => number.to_string(),
    }
}

fn meant<'a>(name: &str, values: &Values<'a>) -> Option<Meant<'a>> {
    let bare = name.strip_prefix("env:").unwrap_or(name);
    let variables = values.variables;
    if let Some(value) = variables.get(name).or_else(|| variables.get(bare)) {
        return Some(Meant::Value(value));
    }
    if let Some(secret) = values.secrets.get(bare) {
        return Some(Meant::Secret(secret));
    }
    (name == "nbsp").then(|| Meant::Text(NBSP.to_string()))
}

enum Part<'a> {
    Text(&'a str),
    /// `written` is the name with what is around it.
    Name {
        name: &'a str,
        written: &'a str,
    },
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        let written = &rest[start..=start + length];
        parts.push(Part::Text(&rest[..start]));
        parts.push(Part::Name {
            name: &written[2..length],
            written,
        });
        rest = &rest[start + length + 1..];
    }
    parts.push(Part::Text(rest));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::{Variables, secrets::Secrets};
    use app::model::ids::RunId;
    use serde_json::json;

    fn with<T>(look: impl Fn(&Values<'_>) -> T) -> T {
        let variables: Variables = [
            ("name", json!("ann")),
            ("n", json!(3)),
            ("half", json!(1.5)),
            ("whole", json!(2.0)),
            ("none", json!(null)),
            ("list", json!([1, null, "b"])),
            ("map", json!({"a": 1})),
            ("env:HOST", json!("shop")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let secrets =
            Secrets::new([("password".to_owned(), "open sesame".to_owned())].into()).unwrap();
        look(&Values {
            run: RunId::generate(),
            secrets: &secrets,
            variables: &variables,
            dialog_follows: false,
        })
    }

    #[test]
    fn a_known_name_is_replaced_and_an_unknown_one_stays() {
        let cases = [
            ("plain", "plain"),
            ("${name}", "ann"),
            ("a ${name} and ${n}${n}", "a ann and 33"),
            ("${half} ${whole} ${none}", "1.5 2 null"),
            ("${list} ${map}", "1,,b [object Object]"),
            ("${nbsp}x", "\u{a0}x"),
            (
                "${env:HOST} ${env:name} ${env:PATH}",
                "shop ann ${env:PATH}",
            ),
            ("${who} ${KEY_ENTER}", "${who} ${KEY_ENTER}"),
            ("${name", "${name"),
            ("$name {name} ${}", "$name {name} ${}"),
        ];
        for (text, wanted) in cases {
            let typed = with(|values| interpolate(text, values));
            assert_eq!(typed.text, wanted, "{text}");
            assert!(!typed.is_secret(), "{text}");
        }
    }

    #[test]
    fn the_run_marks_what_is_written() {
        with(|values| {
            let run = values.run.to_string();
            assert_eq!(
                interpolate("smoke {run}", values).text,
                format!("smoke {run}")
            );
        });
    }

    #[test]
    fn a_secret_makes_the_whole_text_secret_and_is_not_printed() {
        let typed = with(|values| interpolate("Bearer ${password}", values));
        assert_eq!(typed.text, "Bearer open sesame");
        assert_eq!(typed.secrets, ["open sesame"]);
        assert_eq!(format!("{typed:?}"), "Typed(1 secrets)");
        let called = with(|values| script("send(${env:password})", values));
        assert_eq!(
            (&called.body[..], called.secrets.len()),
            ("send(arguments[0])", 1)
        );
    }

    #[test]
    fn in_a_script_a_variable_is_a_value() {
        let cases = [
            ("return 1", "return 1", json!([])),
            (
                "return ${n} + ${half} + ${n}",
                "return arguments[0] + arguments[1] + arguments[0]",
                json!([3, 1.5]),
            ),
            (
                "'${name}' == ${list}[2] && ${who}",
                "'arguments[0]' == arguments[1][2] && ${who}",
                json!(["ann", [1, null, "b"]]),
            ),
            (
                "`${name}${nbsp}`",
                "`arguments[0]arguments[1]`",
                json!(["ann", "\u{a0}"]),
            ),
        ];
        for (text, body, args) in cases {
            let called = with(|values| script(text, values));
            assert_eq!(called.body, body);
            assert_eq!(json!(called.args), args);
        }
    }
}
