//! Pages of a made-up shop, and how pictures of them compare.
//!
//! A picture is named `VERSION-FLOW-STEP`. 1.1 has a fourth mug wherever mugs are shown, and a rounder button on the
//! order form; all else looks as with 1.0.

use app::model::evidence::{Difference, Likeness, Rect, Size};

const SIZE: Size = Size {
    width: 1280,
    height: 800,
};
/// What is on the page, and what changed there.
pub enum Page {
    Home,
    SignIn,
    Welcome,
    Form,
    Thanks,
    Broken,
}

pub fn page(flow: &str, step: u32) -> Page {
    match (flow, step) {
        ("sign-in", 1) => Page::Home,
        ("sign-in", 2) => Page::SignIn,
        ("sign-in", _) => Page::Welcome,
        ("order", 1 | 2) => Page::Form,
        ("order", _) => Page::Thanks,
        _ => Page::Broken,
    }
}

/// Version, flow, step.
pub fn parts(name: &str) -> Option<(&str, &str, u32)> {
    let (version, rest) = name.split_once('-')?;
    let (flow, step) = rest.rsplit_once('-')?;
    Some((version, flow, step.parse().ok()?))
}

pub fn changed(page: &Page) -> Vec<Rect> {
    let rect = |x, y, width, height| Rect {
        x,
        y,
        width,
        height,
    };
    match page {
        Page::Home => vec![rect(920, 250, 240, 270)],
        Page::Welcome => vec![rect(920, 250, 240, 270)],
        Page::Form => vec![rect(120, 500, 210, 56)],
        Page::SignIn | Page::Thanks | Page::Broken => vec![],
    }
}

/// How `old` and `new` compare.
pub fn likeness(old: &str, new: &str) -> Likeness {
    let (Some((before, ..)), Some((now, flow, step))) = (parts(old), parts(new)) else {
        return Likeness::Incomparable {
            why: "one of the pictures is no longer kept".into(),
        };
    };
    let regions = changed(&page(flow, step));
    if before == now || regions.is_empty() {
        return Likeness::Equal;
    }
    let area = |rect: &Rect| u64::from(rect.width) * u64::from(rect.height) / 3;
    Likeness::Differs(Difference {
        changed: regions.iter().map(area).sum(),
        of: 1280 * 800,
        size: SIZE,
        was: None,
        regions,
        more_regions: 0,
        heat: Some(format!("heat-{flow}-{step}")),
    })
}
