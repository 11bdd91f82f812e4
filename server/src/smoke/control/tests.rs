use super::*;

/// What each condition comes to, in turn.
type Answers<'a> = &'a [(&'a str, &'a [bool])];

/// One step per word: `if:x`, `elseif:x`, `while:x`, `again:x` ask for `x`; others are echoes.
fn steps(text: &str) -> Vec<Step> {
    let script = |text: &str| text.to_owned();
    text.split_whitespace()
        .map(|word| {
            let (verb, what) = word.split_once(':').unwrap_or((word, ""));
            match verb {
                "if" => Act::If {
                    script: script(what),
                },
                "elseif" => Act::ElseIf {
                    script: script(what),
                },
                "else" => Act::Else,
                "end" => Act::End,
                "while" => Act::While {
                    script: script(what),
                    most: 5,
                },
                "do" => Act::Do,
                "again" => Act::RepeatIf {
                    script: script(what),
                    most: 5,
                },
                "times" => Act::Times {
                    count: script(what),
                    most: 5,
                },
                "each" => Act::ForEach {
                    list: script(what),
                    each: "it".into(),
                },
                _ => Act::Echo { text: word.into() },
            }
            .into()
        })
        .collect()
}

/// The echoes in the order they come, with what `it` is; `answers` are those of each condition, in turn.
fn walk(text: &str, answers: Answers<'_>) -> Result<String, String> {
    let steps = steps(text);
    let mut answers: BTreeMap<&str, VecDeque<bool>> = answers
        .iter()
        .map(|(name, all)| (*name, all.iter().copied().collect()))
        .collect();
    let mut variables: Variables = [("list".to_owned(), serde_json::json!(["x", "y"]))].into();
    let mut cursor = Cursor::new(&steps).map_err(|odd| format!("{}: {odd}", odd.at))?;
    let mut said = Vec::new();
    while let Some((_, step)) = cursor.step() {
        let value = match &step.act {
            Act::Echo { text } => {
                let it = variables.get("it").and_then(Value::as_str);
                said.push(format!("{text}{}", it.unwrap_or_default()));
                None
            }
            Act::If { script }
            | Act::ElseIf { script }
            | Act::While { script, .. }
            | Act::RepeatIf { script, .. } => {
                let next = answers
                    .get_mut(script.as_str())
                    .and_then(VecDeque::pop_front);
                Some(Value::Bool(next.unwrap_or(false)))
            }
            Act::Times { count, .. } => Some(count.parse::<u64>().map_or(Value::Null, Value::from)),
            _ => None,
        };
        cursor.advance(value.as_ref(), &mut variables)?;
    }
    Ok(said.join(" "))
}

#[test]
fn steps_go_the_way_their_conditions_say() {
    const YES: &[bool] = &[true];
    let branches = "a if:p b elseif:q c else d end e";
    let cases: [(&str, Answers<'_>, &str); 16] = [
        ("a b", &[], "a b"),
        (branches, &[("p", YES)], "a b e"),
        (branches, &[("q", YES)], "a c e"),
        (branches, &[], "a d e"),
        (branches, &[("p", YES), ("q", YES)], "a b e"),
        ("if:p a end b", &[], "b"),
        ("if:p elseif:q else end b", &[("p", YES)], "b"),
        ("if:p if:q a end else b end c", &[("p", YES)], "c"),
        ("if:p if:q a else d end else b end c", &[("p", YES)], "d c"),
        ("while:p a end b", &[("p", &[true, true])], "a a b"),
        ("do a again:p b", &[("p", &[true, true])], "a a a b"),
        ("times:2 a times:2 b end end c", &[], "a b b a b b c"),
        ("times:0 a end c", &[], "c"),
        ("each:list a end c", &[], "ax ay cy"),
        ("times:2 each:list a end end", &[], "ax ay ax ay"),
        (
            "if:p while:q a end else b end c",
            &[("p", YES), ("q", YES)],
            "a c",
        ),
    ];
    for (text, answers, said) in cases {
        assert_eq!(walk(text, answers).as_deref(), Ok(said), "{text}");
    }
}

#[test]
fn a_loop_inside_another_begins_anew_each_time() {
    let said = walk(
        "times:2 while:p a end b end",
        &[("p", &[true, false, true, true])],
    );
    assert_eq!(said.as_deref(), Ok("a b a a b"));
}

#[test]
fn loops_end_after_so_many_rounds() {
    let cases: [(&str, &str); 3] = [
        ("while:p a end", "it went on after 5 rounds"),
        ("do a again:p", "it went on after 5 rounds"),
        ("times:6 a end", "it went on after 5 rounds"),
    ];
    for (text, words) in cases {
        let answers: &[(&str, &[bool])] = &[("p", &[true; 20])];
        assert_eq!(walk(text, answers), Err(words.to_owned()), "{text}");
    }
}

#[test]
fn what_is_no_flow_is_named_where_it_stands() {
    for (text, words) in [
        ("a end", "1: there is nothing that this `end` could end"),
        ("else end", "0: there is no `if` that this belongs to"),
        (
            "if:p else elseif:q end",
            "2: an `else` was the last branch of this `if` already",
        ),
        (
            "while:p else end",
            "1: there is no `if` that this belongs to",
        ),
        ("a if:p b", "1: this has no end"),
        (
            "do a end",
            "2: a `do` ends with `repeat if`, not with `end`",
        ),
        (
            "while:p a again:p",
            "2: there is no `do` that this `repeat if` could end",
        ),
        ("times:x a end", "the number of times is no whole number"),
        ("each:none a end", "the variable none holds no list"),
    ] {
        assert_eq!(walk(text, &[]), Err(words.to_owned()), "{text}");
    }
}

#[test]
fn a_condition_is_true_or_false_and_nothing_else() {
    let steps = steps("if:p a end");
    let mut cursor = Cursor::new(&steps).unwrap();
    let odd = cursor.advance(Some(&Value::from(1)), &mut Variables::new());
    assert_eq!(
        odd,
        Err("the condition came to 1, not to true or false".to_owned())
    );
}
