//! Conditions and loops.

use super::*;

#[test]
fn blocks_are_closed_as_they_are_opened() {
    let cases: [(&[&str], &str); 9] = [
        (&["if"], "line 2: `if`: it is never closed by `end`"),
        (&["do"], "line 2: `do`: it is never closed by `repeatIf`"),
        (&["end"], "line 2: `end`: nothing is open"),
        (&["else"], "line 2: `else`: there is no `if`"),
        (
            &["if", "else", "else", "end"],
            "line 4: `else`: the `if` has had its `else`",
        ),
        (
            &["if", "else", "elseIf", "end"],
            "line 4: `elseIf`: the `if` has had its `else`",
        ),
        (
            &["while", "else", "end"],
            "line 3: `else`: there is no `if`",
        ),
        (&["do", "end"], "line 3: `end`: a `do` ends with `repeatIf`"),
        (
            &["if", "repeatIf", "end"],
            "line 3: `repeatIf`: there is no `do`",
        ),
    ];
    for (commands, why) in cases {
        let commands: Vec<_> = commands.iter().map(|name| (*name, "true", "")).collect();
        let invalid = invalid(&commands);
        assert!(invalid[0].starts_with(why), "{commands:?}: {invalid:?}");
    }
    let good = [
        "if", "elseIf", "else", "while", "end", "end", "do", "repeatIf",
    ];
    let good: Vec<_> = good.iter().map(|name| (*name, "true", "")).collect();
    assert_eq!(invalid(&good), Vec::<String>::new());
}
