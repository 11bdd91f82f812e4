//! Files that are refused.

use super::*;

#[test]
fn a_wrong_file_is_refused_with_line_and_column() {
    let good = project("2.0", &[("open", "/", ""), ("click", "id=a", "")]);
    let cases = [
        (good[..good.len() - 20].to_owned(), 3, "a part of the file"),
        (
            good.replace("\"2.0\"", "\"4.0\""),
            1,
            "version 4.0 of the file format is not known",
        ),
        (
            good.replace("\"2.0\"", "2"),
            1,
            "version 2 of the file format",
        ),
        (
            good.replace("\"version\":\"2.0\",", ""),
            1,
            "names no `version`",
        ),
        (good.replace("\"id=a\"", "5"), 3, "expected a string"),
        (
            good.replace("\"id=a\"", "\"\u{1}\""),
            3,
            "control character",
        ),
        (
            good.replace(
                "\"target\":\"id=a\"",
                "\"target\":\"id=a\",\"target\":\"b\"",
            ),
            3,
            "duplicate field `target`",
        ),
        (
            good.replace("\"commands\":[", "\"commands\":5,\"x\":["),
            1,
            "expected a sequence",
        ),
        (
            good.replace("\"tests\":[", "\"tests\":[],\"x\":["),
            1,
            "the project has no tests",
        ),
        (
            good.replace("{\"command\":\"click\"", "[{\"command\":\"click\""),
            3,
            "",
        ),
    ];
    for (text, line, words) in cases {
        let error = import("a", &text, &Wishes::default()).expect_err(words);
        assert!(error.words.contains(words), "{words}: {error}");
        assert_eq!(error.line, line, "{words}: {error}");
        assert!(error.column > 0);
    }
    let twice = r#"{"version":"2.0","url":"http://a","tests":[{"id":"1","name":"a","commands":[]},
{"id":"1","name":"b","commands":[]}]}"#;
    let error = import("a", twice, &Wishes::default()).unwrap_err();
    assert_eq!((error.line, error.column), (2, 1));
    assert!(
        error.words.contains("that of the test in line 1 too"),
        "{error}"
    );
    let nowhere = r#"{"version":"2.0","url":"http://a","tests":[{"id":"1","name":"a","commands":[]}],"suites":[{"name":"S","tests":["9"]}]}"#;
    let error = import("a", nowhere, &Wishes::default()).unwrap_err();
    assert!(error.words.contains("a test of the id `9`"), "{error}");
}

#[test]
fn what_is_too_large_or_too_deep_ends_soon() {
    let error = text(&vec![b' '; 50 * 1024 * 1024]).unwrap_err();
    assert_eq!(error.words, "the file has 50 MB; at most 10 MB are read");
    let error = text(b"{\n\"a\": \"\xff\"}").unwrap_err();
    assert_eq!(
        (error.line, error.column, error.words.as_str()),
        (2, 7, "the file is not UTF-8 text")
    );
    assert!(text(b"\xff\xfe{\0").unwrap_err().words.contains("UTF-16"));
    assert_eq!(text(b"\xef\xbb\xbf{}").unwrap(), "{}");

    let commands = vec![("echo", "x", ""); 100_000];
    let error = import("a", &project("2.0", &commands), &Wishes::default()).unwrap_err();
    assert!(error.words.contains("more than 20000 commands"), "{error}");
    let many = vec![("echo", "x", ""); 20_000];
    assert_eq!(read(&project("2.0", &many)).flows[0].steps.len(), 20_000);

    let deep = format!(
        r#"{{"version":"2.0","tests":[{{"id":"1","name":"a","commands":[{{"command":"echo","windowTimeout":{}{}}}]}}]}}"#,
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    let error = import("a", &deep, &Wishes::default()).unwrap_err();
    assert!(error.words.contains("recursion limit"), "{error}");
    // nobody looks at it, so it does no harm
    let elsewhere = format!(
        r#"{{"snapshot":{}{},"version":"2.0","tests":[{{"id":"1","name":"a","commands":[{{"command":"echo"}}]}}]}}"#,
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    read(&elsewhere);
}
