//! A suite with three files, and a fourth that is being taken in.

use app::{
    gateway::{PoolPath, SuiteOrder},
    model::{
        access::{Actor, Role},
        editor::{By, Do, Draft as EditorDraft, EditorView, Fault, Row, Spot, TryNode},
        import::*,
        name::Name,
        time::Timestamp,
        trouble::Trouble,
    },
    pages::suite::Draft,
};

pub fn view(actor: &Actor, pool: &PoolPath, empty: bool) -> SuiteView {
    let reports = match empty {
        true => Vec::new(),
        false => vec![
            FileReport {
                file: "suite.toml".into(),
                format: Format::Toml,
                flows: vec![flow("Sign in", 5, Vec::new()), flow("Place an order", 7, Vec::new())],
                hints: Vec::new(),
            },
            FileReport {
                file: "the-whole-checkout-as-recorded-in-spring.side".into(),
                format: Format::Side("2.0".into()),
                flows: vec![
                    flow("Check out with a gift card and a second delivery address", 42, Vec::new()),
                    FlowReport {
                        invalid: vec!["line 118: `eyesCheckWindow`: it is no command of Selenium IDE; a plugin may have brought it".into()],
                        ..flow("Look of the basket", 12, Vec::new())
                    },
                ],
                hints: Vec::new(),
            },
        ],
    };
    SuiteView {
        environment: pool.environment.clone(),
        application: pool.application.clone(),
        public_url: (!empty).then(|| "https://shop.example.com".into()),
        reports,
        change_refused: (actor.role < Role::Deployer)
            .then(|| "this needs the role admin; ann is viewer".into()),
    }
}

fn flow(title: &str, steps: u32, commands: Vec<CommandReport>) -> FlowReport {
    let name = title.to_lowercase().replace(' ', "-");
    FlowReport {
        name: name.parse().expect("words joined by dashes"),
        title: title.into(),
        steps,
        commands,
        invalid: Vec::new(),
        hints: Vec::new(),
    }
}

pub fn import() -> SuiteImport {
    let command = |line, command: &str, fate| CommandReport {
        line,
        command: command.into(),
        fate,
    };
    let good = vec![
        command(14, "open", Fate::Supported),
        command(23, "setWindowSize", Fate::Supported),
        command(32, "type", Fate::Supported),
        command(
            44,
            "clickAndWait",
            Fate::Mapped("now `click`; every step waits for its page".into()),
        ),
        command(
            53,
            "waitForPageToLoad",
            Fate::Ignored("every step waits for its page".into()),
        ),
        command(62, "", Fate::Ignored("a comment".into())),
        command(71, "assertText", Fate::Supported),
    ];
    let why = "it is no command of Selenium IDE; a plugin may have brought it";
    let bad = vec![
        command(90, "open", Fate::Supported),
        command(
            99,
            "chooseOkOnNextConfirmation",
            Fate::Mapped("answered after line 108".into()),
        ),
        command(108, "click", Fate::Supported),
        command(117, "eyesCheckWindow", Fate::Unknown(why.into())),
    ];
    SuiteImport {
        words: "The suite of production/shop would be: Sign in, Place an order, Return an item, Look of the basket.".into(),
        changed: true,
        public_url: "https://shop.example.com".into(),
        reports: vec![FileReport {
            file: "returns.side".into(),
            format: Format::Side("2.0".into()),
            flows: vec![
                FlowReport {
                    hints: vec!["Line 32 types what looks like a password in plain text; write ${env:NAME} there, and give the server a secret NAME.".into()],
                    ..flow("Return an item", 5, good)
                },
                FlowReport {
                    invalid: vec![format!("line 117: `eyesCheckWindow`: {why}")],
                    hints: vec!["Nothing is expected in it: it passes on any page that lets itself be clicked through.".into()],
                    ..flow("Look of the basket", 3, bad)
                },
            ],
            hints: vec!["The project uses plugins; commands they bring are unknown here.".into()],
        }],
        flows: Vec::new(),
    }
}

pub fn draft(pool: PoolPath) -> Draft {
    Draft {
        order: SuiteOrder {
            pool,
            files: vec![SuiteFile {
                name: "returns.side".into(),
                text: "{}".into(),
            }],
            public_url: None,
            skip: Vec::new(),
            replace: false,
            dry_run: true,
        },
        came: Ok(import()),
    }
}

/// A flow that somebody works on, with a mistake in it; `?flow=broken` has more of them.
pub fn editor(actor: &Actor, pool: &PoolPath, flow: Option<&Name>, now: Timestamp) -> EditorView {
    let row = |act, on: &str, with: &str, also: &str| Row {
        act,
        by: By::Usual,
        on: on.into(),
        with: with.into(),
        also: also.into(),
    };
    let known = flow.is_some();
    let rows = vec![
        row(Do::Open, "", "/", ""),
        row(Do::Click, "Sign in", "", "limit = \"30 s\""),
        row(Do::Fill, "Name", "ann", ""),
        row(Do::FillSecret, "Password", "shop_password", ""),
        Row {
            by: By::Css,
            ..row(
                Do::Click,
                "#sign-in button[type=submit]",
                "",
                "mask = [\"#clock\"]",
            )
        },
        row(Do::ExpectText, "", "Welcome, ann", ""),
        row(Do::Choose, "Product", "Blue mug", ""),
        Row {
            by: By::Written,
            ..row(
                Do::Click,
                "[\"Place order\", { css = \"#order [type=submit]\" }]",
                "",
                "",
            )
        },
        row(Do::Pause, "", "1 h", ""),
        row(
            Do::Other,
            "",
            "{ store = \"total\", text_of = { css = \"#sum\" } }",
            "",
        ),
        row(Do::ExpectUrl, "", "/orders/done", "soft = true"),
        row(Do::Click, "", "", ""),
    ];
    EditorView {
        environment: pool.environment.clone(),
        application: pool.application.clone(),
        flow: flow.cloned(),
        draft: match known {
            true => EditorDraft {
                name: "place-an-order".into(),
                title: "Place an order".into(),
                writes: true,
                step_limit: "20 s".into(),
                rows,
                ..EditorDraft::default()
            },
            false => EditorDraft::blank(),
        },
        faults: match known {
            true => vec![
                Fault::new(Spot::Row(8), "`1 h` is no pause: at most \"60 s\""),
                Fault::new(Spot::Row(11), "`click` needs an element"),
            ],
            false => Vec::new(),
        },
        kept_at: known.then(|| Timestamp(now.0 - 190_000)),
        base: None,
        stale: flow.filter(|flow| flow.as_str() == "stale").map(|_| {
            Trouble::new("This flow was changed since you began, by somebody else or by an import.")
                .stands("Your draft is as you left it, and is not saved over what is there now.")
                .remedy("Go on with yours, which then takes the place of what is there; or discard it and begin with what is there.")
        }),
        saving: match known {
            true => "It is changed in `suite.toml`; everything else there stays as it is written.".into(),
            false => "It is added to `suite.toml`.".into(),
        },
        is_first: false,
        nodes: [("red", "in service"), ("blue", "in service"), ("green", "isolated")]
            .map(|(node, stands)| TryNode {
                name: node.parse().expect("a name"),
                stands: stands.into(),
            })
            .into(),
        change_refused: (actor.role < Role::Deployer)
            .then(|| "this needs the role admin; ann is viewer".into()),
    }
}
