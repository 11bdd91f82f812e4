//! Boxes, masks, secrets, sizes of pictures.

use super::{click, css, fails, id, passes, plain, text_is, walk_afresh, with};
use crate::smoke::{shared::Shared, site::PASSWORD};
use app::model::smoke::{Act, ElementBox, Find, Frame, Locator, Step, Text};
use server::smoke::{StepSeen, webdriver::Kind};

/// What the last step saw.
async fn last<S: Into<Step>>(shared: &mut Shared, page: &'static str, steps: Vec<S>) -> StepSeen {
    let mut seen = walk_afresh(shared, &passes(page, steps)).await;
    seen.pop().expect("a case has steps")
}

fn shape(x: i32, y: i32, width: u32, height: u32) -> ElementBox {
    ElementBox {
        x,
        y,
        width,
        height,
    }
}

pub async fn a_step_tells_where_its_element_is_and_what_it_masks(shared: &mut Shared) {
    let seen = last(shared, "pointer", vec![click(id("box"))]).await;
    assert_eq!(seen.element, Some(shape(100, 100, 200, 100)));
    assert_eq!((seen.tries, seen.found_by), (1, None));
    // it is where it is after the step
    let seen = last(shared, "pointer", vec![click(id("far"))]).await;
    assert_eq!(
        seen.element.map(|found| (found.x, found.width)),
        Some((100, 100))
    );
    assert!(
        seen.element
            .is_some_and(|found| (0..800).contains(&found.y))
    );
    // and gone with its page
    let seen = last(shared, "windows", vec![click(id("go"))]).await;
    assert_eq!(seen.element, None);
    // a step that is done to none has none, whatever the one before had
    let nothing = Act::ExpectText {
        text: "Dead".into(),
    };
    let seen = last(shared, "pointer", vec![click(id("box")), nothing]).await;
    assert_eq!(seen.element, None);
    let in_frame = vec![
        Act::SwitchFrame {
            to: Frame::At(id("a")),
        },
        click(id("press")),
    ];
    let seen = last(shared, "frames", in_frame).await;
    let found = seen.element.expect("the frame is of the same site");
    assert!(found.x > 55 && found.y > 50, "{found:?}");
    let alternative = Find {
        first: Locator::Id("nobody".into()),
        or: vec![Locator::FirstCss("#box".into())],
    };
    let seen = last(shared, "pointer", vec![click(alternative)]).await;
    assert_eq!(seen.found_by.as_deref(), Some("`#box`"));
    let masked = with(click(id("box")), |step| {
        step.mask = vec!["#from".into(), "#to, #nobody".into()];
    });
    let seen = last(shared, "pointer", vec![masked]).await;
    assert_eq!(
        seen.masked,
        [shape(100, 300, 80, 80), shape(400, 300, 80, 80)]
    );
    let bad = with(click(id("box")), |step| step.mask = vec!["::".into()]);
    let seen = last(shared, "pointer", vec![bad]).await;
    let why = seen.refused.expect("nobody can tell what it masks");
    assert!(
        why.contains("a mask of this step is no valid selector"),
        "{why}"
    );
    let seen = last(shared, "shy", vec![click(id("shy"))]).await;
    assert_eq!((seen.refused, seen.tries), (None, 3));
    assert!(!seen.waited.is_zero());
}

pub async fn a_secret_is_on_no_picture_whichever_way_the_page_shows_it(shared: &mut Shared) {
    let secret = || Text::Secret("shop_password".into());
    let fill = || Act::Fill {
        on: id("word"),
        with: secret(),
    };
    let typed: Vec<Vec<Act>> = vec![
        vec![fill()],
        vec![Act::Keys {
            on: id("word"),
            with: secret(),
        }],
        vec![Act::Change {
            on: css("#word"),
            with: secret(),
        }],
        vec![Act::Fill {
            on: id("word"),
            with: plain("${shop_password}"),
        }],
    ];
    for steps in typed {
        let seen = last(shared, "secrets", steps).await;
        assert_eq!(seen.refused, None);
        let picture = shared.session.picture().await.unwrap();
        assert!(picture.is_some(), "it is hidden while it is typed");
    }
    let at = |what: &str| click(id(what));
    let in_frame = Act::SwitchFrame {
        to: Frame::At(id("near")),
    };
    let shown: Vec<Vec<Act>> = vec![
        vec![fill(), at("show")],
        vec![fill(), at("copy")],
        vec![fill(), at("shadow")],
        vec![fill(), at("frame")],
        vec![fill(), at("far"), text_is(css("#log"), "shown far")],
        vec![fill(), at("show"), in_frame],
        vec![Act::Edit {
            on: id("editor"),
            text: "my ${shop_password}".into(),
        }],
    ];
    for steps in shown {
        let words: Vec<String> = steps
            .iter()
            .map(|act| Step::from(act.clone()).words())
            .collect();
        let seen = last(shared, "secrets", steps).await;
        assert_eq!(seen.refused, None, "{words:?}");
        assert!(
            shared.session.picture().await.unwrap().is_none(),
            "{words:?}"
        );
        let evidence = shared.session.evidence().await;
        assert!(evidence.full_page.is_none(), "{words:?}");
        assert_eq!(evidence.archive.is_some(), shared.kind == Kind::Chromium);
        if let Some(archive) = &evidence.archive {
            assert!(archive.contains("multipart/related"), "{archive}");
        }
        for kept in [evidence.source, evidence.archive].into_iter().flatten() {
            // as the runner stores it
            let masked = shared.bench.secrets().mask(&kept);
            let bare: String = masked.split(['=', '\r', '\n']).collect();
            assert!(!bare.contains("sesame"), "{words:?}: {masked}");
            assert!(!masked.contains(PASSWORD));
        }
    }
    let seen = last(shared, "secrets", vec![at("show")]).await;
    assert_eq!(seen.refused, None);
    assert!(
        shared.session.picture().await.unwrap().is_some(),
        "another flow knows no secret"
    );
}

pub async fn a_page_however_high_is_kept_in_bounds(shared: &mut Shared) {
    let case = fails("tall", "no end", vec![text_is(id("end"), "no end")]);
    let seen = walk_afresh(shared, &case).await;
    assert!(seen[1].refused.as_ref().unwrap().contains("the end"));
    let evidence = shared.session.evidence().await;
    let whole = evidence.full_page.expect("it is taken as far as it goes");
    let size = |at: usize| u32::from_be_bytes(whole[at..at + 4].try_into().unwrap());
    assert_eq!(
        (size(16), size(20)),
        (1280, 8000),
        "width and height of a PNG"
    );
    assert!(evidence.source.unwrap().contains("the end"));
    if shared.kind == Kind::Chromium {
        assert!(evidence.archive.unwrap().contains("the end"));
    }
}
