//! The mouse and the keys.

use super::{Case, click, conform, css, fails, id, log_is, passes};
use crate::smoke::shared::Shared;
use app::model::smoke::{Act, Button, Find, Origin, Point, Pointing};

fn at(on: Find, (x, y): (i32, i32), from: Origin, button: Button, times: u32) -> Act {
    Act::ClickAt {
        on,
        at: Point { x, y, from },
        button,
        times,
    }
}

fn point(on: Find, at: Option<(i32, i32)>, does: Pointing) -> Act {
    let at = at.map(|(x, y)| Point {
        x,
        y,
        from: Origin::Middle,
    });
    Act::Point { on, at, does }
}

fn key(key: &str, down: bool) -> Act {
    Act::Key {
        key: key.into(),
        down,
    }
}

/// Of one click in the middle of the box.
const IN: &str = "mouseover 100,50 b0;";

pub async fn the_mouse_and_the_keys(shared: &mut Shared) {
    conform(shared, cases()).await;
}

pub fn cases() -> Vec<Case> {
    let pressed = |x, y, b| format!("mousedown {x},{y} b{b};mouseup {x},{y} b{b};");
    let once =
        |x: i32, y: i32| format!("mouseover {x},{y} b0;{}click {x},{y} b0;", pressed(x, y, 0));
    let twice = format!(
        "{}{}click 100,50 b0;dblclick 100,50 b0;",
        once(100, 50),
        pressed(100, 50, 0)
    );
    vec![
        passes("pointer", vec![click(id("box")), log_is(&once(100, 50))]),
        passes(
            "pointer",
            vec![Act::DoubleClick { on: id("box") }, log_is(&twice)],
        ),
        passes(
            "pointer",
            vec![
                at(css("#box"), (10, 20), Origin::Corner, Button::Left, 1),
                log_is(&once(10, 20)),
            ],
        ),
        passes(
            "pointer",
            vec![
                at(id("box"), (10, 20), Origin::Middle, Button::Left, 1),
                log_is(&once(110, 70)),
            ],
        ),
        passes(
            "pointer",
            vec![
                at(css("#box"), (100, 50), Origin::Corner, Button::Left, 2),
                log_is(&twice),
            ],
        ),
        passes(
            "pointer",
            vec![
                at(css("#box"), (100, 50), Origin::Corner, Button::Right, 1),
                log_is(&format!(
                    "{IN}mousedown 100,50 b2;contextmenu 100,50 b2;mouseup 100,50 b2;auxclick 100,50 b2;"
                )),
            ],
        ),
        passes(
            "pointer",
            vec![
                at(css("#box"), (100, 50), Origin::Corner, Button::Middle, 1),
                log_is(&format!("{IN}{}auxclick 100,50 b1;", pressed(100, 50, 1))),
            ],
        ),
        passes(
            "pointer",
            vec![
                point(id("box"), None, Pointing::Move),
                point(id("box"), None, Pointing::Press),
                point(id("box"), Some((5, 5)), Pointing::Release),
                log_is(&format!(
                    "{IN}mousedown 100,50 b0;mouseup 105,55 b0;click 105,55 b0;"
                )),
            ],
        ),
        // a button that a flow left down does not stay down for the next
        passes("pointer", vec![point(id("box"), None, Pointing::Press)]),
        passes("pointer", vec![click(id("box")), log_is(&once(100, 50))]),
        passes(
            "pointer",
            vec![
                point(id("box"), None, Pointing::Move),
                Act::PointAway { on: id("box") },
                log_is(&format!("{IN}mouseout 100,-1 b0;")),
            ],
        ),
        passes(
            "pointer",
            vec![
                Act::Drag {
                    on: id("from"),
                    to: id("to"),
                },
                log_is("dropped;"),
            ],
        ),
        passes(
            "pointer",
            vec![
                Act::Drag {
                    on: id("card"),
                    to: id("tray"),
                },
                log_is("tray card;"),
            ],
        ),
        // far down the page
        passes("pointer", vec![click(id("far")), log_is("far;")]),
        passes(
            "pointer",
            vec![
                at(id("far"), (0, 0), Origin::Middle, Button::Left, 1),
                log_is("far;"),
            ],
        ),
        // one that moves is clicked when it has come to rest
        passes(
            "pointer",
            vec![
                at(css("#slow"), (5, 5), Origin::Corner, Button::Left, 1),
                log_is("slow at rest;"),
            ],
        ),
        fails(
            "pointer",
            "another element covers it: <div id=\"veil\"",
            vec![click(id("under"))],
        ),
        fails(
            "pointer",
            "another element covers it: <div id=\"veil\"",
            vec![click(css("#under"))],
        ),
        passes("pointer", vec![click(css("#far")), log_is("far;")]),
        passes(
            "pointer",
            vec![click(css("#slow")), log_is("slow at rest;")],
        ),
        fails(
            "pointer",
            "`#dead` is disabled",
            vec![at(css("#dead"), (5, 5), Origin::Corner, Button::Left, 1)],
        ),
        fails(
            "pointer",
            "no element has the id `nobody`",
            vec![point(id("nobody"), None, Pointing::Move)],
        ),
        passes(
            "pointer",
            vec![
                key("Shift", true),
                key("a", true),
                key("a", false),
                key("Shift", false),
                key("Enter", true),
                key("Enter", false),
                log_is("down Shift;down A;up A;up Shift;down Enter;up Enter;"),
            ],
        ),
        fails("pointer", "`Any` is no key", vec![key("Any", true)]),
        passes(
            "pointer",
            vec![
                Act::Scroll {
                    on: Some(css("#pane")),
                    x: 30,
                    y: 40,
                },
                log_is("pane 30,40;"),
                Act::Scroll {
                    on: None,
                    x: 0,
                    y: 500,
                },
                super::run("if (scrollY !== 500) throw Error(String(scrollY))"),
            ],
        ),
    ]
}
