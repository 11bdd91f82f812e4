use super::*;

#[test]
fn anybodys_words_stay_words() {
    let hostile = "</title><script>alert(1)</script><img src=x onerror='a'> \"&";
    let safe = text(hostile);
    for run in ["<", ">", "\"", "'"] {
        assert!(!safe.contains(run), "{run} in {safe}");
    }
    assert!(safe.contains("alert(1)"));
}

#[test]
fn a_picture_that_is_gone_says_since_when() {
    let gone = Missing {
        sha256: String::new(),
        removed_at: Some("2026-11-27T19:03:00.000Z".into()),
    };
    assert_eq!(
        gone_words(Some(&gone)),
        "removed by retention on 2026-11-27"
    );
    assert_eq!(gone_words(None), "the store did not have it any more");
}

#[test]
fn the_style_needs_nothing_from_elsewhere() {
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</style"));
}

#[test]
fn a_time_is_read_as_people_say_it() {
    assert_eq!(
        top::when("2026-11-27T19:03:00.000Z"),
        "2026-11-27 19:03:00 UTC"
    );
    assert_eq!(top::when("soon"), "soon");
}
