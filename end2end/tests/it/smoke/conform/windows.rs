//! Windows, frames, sizes, the network.

use super::{Case, click, conform, css, equal, fails, id, passes, plain, run, text_is, with};
use crate::smoke::shared::Shared;
use app::model::smoke::{
    Act, Find, Frame, Locator, Navigates, NewWindow, Place, Step, Subject, Viewport,
};

const POPUP: &str = "http://shop.example.test/pages/popup.html";
const FRAME: &str = "http://shop.example.test/pages/frame.html";

fn opening(on: Find, limit_ms: u64) -> Step {
    with(click(on), |step| {
        step.opens = Some(NewWindow {
            into: "popup".into(),
            limit_ms,
        });
    })
}

fn to_window(handle: &str) -> Step {
    Act::SwitchWindow {
        handle: handle.into(),
    }
    .into()
}

fn to_frame(to: Frame) -> Step {
    Act::SwitchFrame { to }.into()
}

fn placed(act: Act, window: Option<&str>, frames: &[u32]) -> Step {
    with(act, |step| {
        step.place = Some(Place {
            window: window.map(str::to_owned),
            frames: frames.to_vec(),
        });
    })
}

fn leading(act: Act, url: Option<&str>, title: Option<&str>) -> Step {
    with(act, |step| {
        step.navigates = Some(Navigates {
            url: url.map(str::to_owned),
            title: title.map(str::to_owned),
        });
    })
}

fn title_is(title: &str) -> Step {
    Act::Expect {
        subject: Subject::Title,
        is: equal(title),
    }
    .into()
}

fn size_is(script: &str) -> Step {
    Act::WaitForScript {
        script: script.into(),
    }
    .into()
}

fn viewport(width: u32, height: u32, scale_percent: u32) -> Step {
    let viewport = Viewport {
        width,
        height,
        scale_percent,
        mobile: false,
        touch: false,
    };
    Act::SetViewport { viewport }.into()
}

fn network(download: Option<u64>) -> Step {
    Act::SetNetwork {
        download,
        upload: download,
        latency_ms: 0,
    }
    .into()
}

fn open(page: &str) -> Step {
    Act::Open {
        path: format!("/pages/{page}.html"),
    }
    .into()
}

fn reads(id_: &str, text: &str) -> Step {
    text_is(id(id_), text).into()
}

pub async fn windows_sizes_and_the_network(shared: &mut Shared) {
    conform(shared, cases()).await;
}

pub fn cases() -> Vec<Case> {
    let window_of_its_own = || {
        vec![
            Act::StoreWindow {
                into: "root".into(),
            }
            .into(),
            opening(id("open"), 10_000),
            title_is("Windows"),
            to_window("${popup}"),
            title_is("Popup"),
        ]
    };
    let on_from_there = |more: Vec<Step>| [window_of_its_own(), more].concat();
    vec![
        passes("windows", window_of_its_own()),
        passes(
            "windows",
            vec![opening(id("blank"), 10_000), to_window("${popup}"), title_is("Popup")],
        ),
        passes(
            "windows",
            on_from_there(vec![
                click(id("tell")).into(),
                to_window("${root}"),
                title_is("told"),
            ]),
        ),
        // closing one leads back to the first
        passes(
            "windows",
            on_from_there(vec![Act::CloseWindow.into(), title_is("Windows")]),
        ),
        passes(
            "windows",
            on_from_there(vec![click(id("close")).into(), title_is("Windows")]),
        ),
        // and the last one leaves an empty one
        passes("windows", vec![Step::from(Act::CloseWindow), title_is("")]),
        fails(
            "windows",
            "no window opened within 0.30 s",
            vec![opening(id("nothing"), 300)],
        ),
        fails("windows", "there is no window `nobody`", vec![to_window("nobody")]),
        passes(
            "windows",
            vec![
                click(id("open")).into(),
                placed(text_is(id("popup"), "Popup"), Some(POPUP), &[]),
                placed(click(id("nothing")), None, &[]),
                title_is("Windows"),
            ],
        ),
        fails(
            "windows",
            "no window and no frame is at http://shop.example.test/other",
            vec![placed(
                click(id("nothing")),
                Some("http://shop.example.test/other"),
                &[],
            )],
        ),
        passes("windows", vec![leading(click(id("go")), None, None), title_is("Done")]),
        passes("windows", vec![leading(click(id("push")), None, None)]),
        passes(
            "windows",
            vec![leading(
                click(id("go")),
                Some("http://shop.example.test/pages/done.html"),
                Some("Done"),
            )],
        ),
        fails(
            "windows",
            "no page was loaded by it",
            vec![leading(click(id("nothing")), None, None)],
        ),
        fails(
            "windows",
            "it led to the page http://shop.example.test/pages/done.html, not http://shop.example.test/",
            vec![leading(click(id("go")), Some("http://shop.example.test/"), None)],
        ),
        fails(
            "windows",
            "it led to the title Done, not Gone",
            vec![leading(click(id("go")), None, Some("Gone"))],
        ),
        passes(
            "windows",
            vec![
                Act::SetWindow {
                    width: 900,
                    height: 700,
                }
                .into(),
                run("if (outerWidth !== 900 || outerHeight !== 700 || innerWidth !== 900) throw Error(`${outerWidth}x${outerHeight}`)")
                    .into(),
                viewport(400, 300, 200),
                size_is("innerWidth === 400 && innerHeight === 300 && devicePixelRatio === 2"),
            ],
        ),
        // the size was the other flow's
        passes(
            "windows",
            vec![Step::from(run("if (innerWidth !== 1280 || innerHeight !== 800) throw Error('not as large')"))],
        ),
        fails("windows", "20000x300 cannot be had; at most 4000x4000", vec![viewport(20_000, 300, 100)]),
        fails("windows", "a scale of 900 % cannot be had", vec![viewport(400, 300, 900)]),
        fails(
            "windows",
            "could not be loaded: net::ERR_INTERNET_DISCONNECTED",
            // it has to fail by what the browser says, and not by its time
            vec![
                network(Some(0)),
                Step {
                    limit_ms: Some(5_000),
                    ..open("done")
                },
            ],
        ),
        passes(
            "windows",
            vec![network(Some(0)), network(None), open("done"), reads("done", "Done")],
        ),
        passes("windows", vec![network(Some(1_000_000)), open("done"), reads("done", "Done")]),    ]
}

pub async fn frames(shared: &mut Shared) {
    conform(shared, of_frames()).await;
}

pub fn of_frames() -> Vec<Case> {
    let at = |find: Find| to_frame(Frame::At(find));
    let pressed = |by: Act| {
        let steps = vec![at(id("a")), by.into(), reads("press", "Pressed")];
        passes("frames", steps)
    };
    vec![
        passes(
            "frames",
            vec![
                to_frame(Frame::Index(0)),
                reads("middle", "Middle"),
                to_frame(Frame::Index(0)),
                reads("innermost", "Innermost"),
                to_frame(Frame::Parent),
                reads("middle", "Middle"),
                to_frame(Frame::Top),
                reads("top", "Top"),
            ],
        ),
        passes(
            "frames",
            vec![at(id("a")), at(id("c")), reads("innermost", "Innermost")],
        ),
        passes(
            "frames",
            vec![
                at(Locator::Name("first".into()).into()),
                reads("middle", "Middle"),
            ],
        ),
        passes("frames", vec![at(css("#b")), reads("other", "Other")]),
        fails(
            "frames",
            "no element has the id `innermost`",
            vec![reads("innermost", "")],
        ),
        fails(
            "frames",
            "there is no such frame",
            vec![to_frame(Frame::Index(7))],
        ),
        fails("frames", "no element has the id `x`", vec![at(id("x"))]),
        passes(
            "frames",
            vec![
                placed(text_is(id("innermost"), "Innermost"), None, &[0, 0]),
                placed(text_is(id("top"), "Top"), None, &[]),
            ],
        ),
        passes(
            "frames",
            vec![placed(text_is(id("middle"), "Middle"), Some(FRAME), &[])],
        ),
        passes(
            "frames",
            vec![placed(
                text_is(id("innermost"), "Innermost"),
                Some(FRAME),
                &[0],
            )],
        ),
        // by the mouse, whose place is the frame's
        pressed(Act::DoubleClick { on: id("press") }),
        pressed(click(css("#press"))),
        pressed(click(id("press"))),
        // the frame goes elsewhere, and the steps with it
        passes(
            "frames",
            vec![
                at(id("a")),
                click(id("leave")).into(),
                reads("done", "Done"),
            ],
        ),
        passes(
            "frames",
            vec![with(click(id("leave")), |step| {
                step.place = placed(Act::CloseWindow, None, &[0]).place;
                step.navigates = leading(Act::CloseWindow, None, Some("Frames")).navigates;
            })],
        ),
        // the page goes elsewhere, or the frame is taken away: the steps go on at the top
        passes(
            "frames",
            vec![at(id("a")), click(id("away")).into(), reads("done", "Done")],
        ),
        passes(
            "frames",
            vec![at(id("a")), click(id("remove")).into(), reads("top", "Top")],
        ),
        passes(
            "frames",
            vec![at(id("a")), open("done"), reads("done", "Done")],
        ),
        passes(
            "frames",
            vec![
                at(id("a")),
                Act::Keys {
                    on: id("press"),
                    with: plain("${KEY_SPACE}"),
                }
                .into(),
                reads("press", "Pressed"),
            ],
        ),
    ]
}
