//! The editor over HTTP: what is typed is kept, mistakes are at their rows, and saving makes a revision.

use super::site::{Site, Visitor, location};
use crate::harness::sample;
use app::model::{
    access::Role,
    editor::{Do, Pasted},
    ids::RehearsalId,
    import::{SuiteExport, SuiteView},
    rehearsal::RehearsalView,
    view::AuditPage,
};
use http::{StatusCode, header};
use reqwest::Response;
use server::store::{drafts, pools, rehearsals};

const PAGE: &str = "/pools/production/shop/suite/edit";
const SUITE: &str = "/pools/production/shop/suite";

struct Shop {
    site: Site,
    ann: Visitor,
}

/// A row as the page sends it.
type Typed<'a> = [&'a str; 5];

const OPEN: Typed = ["open", "usual", "", "/", ""];
const CLICK: Typed = ["click", "css", "#go", "", "limit = \"30 s\""];

impl Shop {
    async fn open(role: Role) -> Self {
        let site = Site::open().await;
        sample::pool(site.pool(), "production", 2).await;
        let ann = site.signed_in("ann", role).await;
        Self { site, ann }
    }

    /// What the page says it was begun with.
    async fn base(&self, page: &str) -> String {
        let text = self.ann.get(page).await.text().await.unwrap();
        let (_, rest) = text.split_once("name=\"base\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    async fn send(&self, page: &str, name: &str, rows: &[Typed<'_>], go: &str) -> Response {
        let base = self.base(page).await;
        self.send_with(page, &[("base", &base), ("name", name)], rows, go)
            .await
    }

    async fn send_with(
        &self,
        page: &str,
        fields: &[(&str, &str)],
        rows: &[Typed<'_>],
        go: &str,
    ) -> Response {
        let names = ["act", "by", "on", "with", "also"];
        let rows = rows
            .iter()
            .flat_map(|row| names.into_iter().zip(row.iter().copied()));
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        all.push(("required", "on"));
        all.extend(rows);
        all.push(("go", go));
        self.ann.form(page, &all).await
    }

    /// The page a form leads to, with what is told there.
    async fn follow(&self, answer: &Response) -> String {
        let page = location(answer).to_owned();
        let visitor = match answer.headers().get(header::SET_COOKIE) {
            None => &self.ann,
            Some(told) => {
                let told = told.to_str().unwrap().split(';').next().unwrap().to_owned();
                &self.ann.with_cookie(&told)
            }
        };
        visitor.get(&page).await.text().await.unwrap()
    }

    async fn kept(&self, flow: Option<&str>) -> Option<drafts::Kept> {
        let flow = flow.map(sample::name);
        let pool = self.inventory().await.id;
        drafts::get(self.site.pool(), pool, "ann", flow.as_ref())
            .await
            .unwrap()
    }

    async fn inventory(&self) -> pools::PoolInventory {
        let mut conn = self.site.pool().acquire().await.unwrap();
        let (environment, application) = (sample::name("production"), sample::name("shop"));
        let found = pools::find(&mut conn, &environment, &application).await;
        found.unwrap().unwrap()
    }

    async fn text(&self) -> String {
        let exported: SuiteExport = self
            .ann
            .get("/api/v1/pools/production/shop/suite/export?format=toml")
            .await
            .json()
            .await
            .unwrap();
        exported.text
    }
}

#[tokio::test]
async fn a_form_that_is_empty_or_far_too_large_leaves_the_draft_as_it_was() {
    let shop = Shop::open(Role::Admin).await;
    shop.send(PAGE, "look", &[OPEN], "keep").await;
    let before = shop.kept(None).await.unwrap().draft;

    let answer = shop.ann.form(PAGE, &[]).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let large = "x".repeat(11 << 20);
    let fields = [("name", "other"), ("paste", large.as_str())];
    let answer = shop.ann.form(PAGE, &fields).await;
    let page = shop.follow(&answer).await;
    assert!(page.contains("larger than the 10 MB"), "{page}");
    assert_eq!(shop.kept(None).await.unwrap().draft, before);
}

#[tokio::test]
async fn what_is_typed_is_kept_right_or_not_and_is_nobody_elses() {
    let shop = Shop::open(Role::Admin).await;
    let page = shop.ann.get(SUITE).await.text().await.unwrap();
    assert!(page.contains("/suite/edit?flow=home"), "{page}");
    let bad: [Typed; 3] = [
        OPEN,
        ["pause", "usual", "", "1 hour", ""],
        ["click", "written", "[oops", "", "soft"],
    ];
    let answer = shop.send(PAGE, "Größe", &bad, "keep").await;
    assert_eq!(location(&answer), PAGE);
    let page = shop.follow(&answer).await;
    for typed in [
        "value=\"Größe\"",
        "value=\"1 hour\"",
        "value=\"[oops\"",
        "value=\"soft\"",
    ] {
        assert!(page.contains(typed), "{typed}: {page}");
    }
    assert!(
        page.contains("id=\"row-2-why\"") && page.contains("id=\"row-3-why\""),
        "{page}"
    );
    assert!(
        page.contains("is no pause") && page.contains("id=\"name-why\""),
        "{page}"
    );
    assert!(!page.contains("id=\"row-1-why\""), "{page}");

    let bob = shop.site.signed_in("bob", Role::Admin).await;
    let theirs = bob.get(PAGE).await.text().await.unwrap();
    assert!(!theirs.contains("[oops"), "{theirs}");
    assert!(!shop.text().await.contains("oops"));
}

#[tokio::test]
async fn rows_are_added_moved_and_removed_and_the_page_shows_the_one_it_was_about() {
    let shop = Shop::open(Role::Admin).await;
    let rows = [OPEN, CLICK];
    let steps = [
        ("add:0", "#row-2", vec![Do::Open, Do::Click, Do::Click]),
        ("down:0", "#row-2", vec![Do::Click, Do::Open]),
        ("up:1", "#row-1", vec![Do::Click, Do::Open]),
        ("remove:0", "#row-1", vec![Do::Click]),
    ];
    for (go, anchor, acts) in steps {
        let answer = shop.send(PAGE, "look", &rows, go).await;
        assert_eq!(location(&answer), format!("{PAGE}{anchor}"), "{go}");
        let kept = shop.kept(None).await.unwrap();
        let now: Vec<Do> = kept.draft.rows.iter().map(|row| row.act).collect();
        assert_eq!(now, acts, "{go}");
    }
    let answer = shop.send(PAGE, "look", &rows, "discard").await;
    assert_eq!(location(&answer), SUITE);
    assert_eq!(shop.kept(None).await, None);
}

#[tokio::test]
async fn saving_makes_a_revision_that_is_audited_and_changes_nothing_else() {
    let shop = Shop::open(Role::Admin).await;
    let before = shop.inventory().await.suite.unwrap();
    let answer = shop.send(PAGE, "look", &[OPEN, CLICK], "save").await;
    assert_eq!(location(&answer), SUITE);
    let page = shop.follow(&answer).await;
    assert!(
        page.contains("ann added the flow look to the smoke suite of production/shop."),
        "{page}"
    );
    let after = shop.inventory().await.suite.unwrap();
    assert_ne!(after.revision, before.revision);
    assert_eq!(after.suite.flows.len(), 2);
    assert_eq!(after.suite.flows[0], before.suite.flows[0]);
    assert!(
        shop.text()
            .await
            .contains("{ click = { css = \"#go\" }, limit = \"30 s\" }")
    );
    assert_eq!(shop.kept(None).await, None);

    let flow = format!("{PAGE}?flow=look");
    let answer = shop.send(&flow, "peek", &[OPEN], "save").await;
    assert!(
        shop.follow(&answer)
            .await
            .contains("ann changed the flow peek")
    );
    let names: Vec<String> = shop
        .inventory()
        .await
        .suite
        .unwrap()
        .suite
        .flows
        .iter()
        .map(|flow| flow.name.to_string())
        .collect();
    assert_eq!(names, ["home", "peek"]);

    let audit: AuditPage = shop.ann.get("/api/v1/audit").await.json().await.unwrap();
    let edits: Vec<_> = audit
        .entries
        .iter()
        .filter(|entry| entry.action == "suite.edited")
        .collect();
    assert_eq!(edits.len(), 2);
    assert_eq!(
        edits[1].detail.as_ref().unwrap()["after"]["flows"],
        serde_json::json!(["home", "look"])
    );
}

#[tokio::test]
async fn what_is_wrong_is_not_saved_and_not_tried_and_every_place_is_named() {
    let shop = Shop::open(Role::Admin).await;
    let before = shop.text().await;
    let rows = [
        ["click", "usual", "", "", ""],
        ["expect_status", "usual", "", "ok", ""],
    ];
    for go in ["save", "try"] {
        let base = shop.base(PAGE).await;
        let node = &shop.inventory().await.nodes[0].name.to_string();
        let fields = [("base", base.as_str()), ("name", "look"), ("node", node)];
        let answer = shop.send_with(PAGE, &fields, &rows, go).await;
        assert_eq!(location(&answer), format!("{PAGE}?checked=1#row-1"), "{go}");
        let page = shop.follow(&answer).await;
        assert!(
            page.contains("step 1: `click` needs an element; step 2: `ok` is no status"),
            "{page}"
        );
        assert!(page.contains("id=\"row-1-why\""), "{page}");
    }
    // a name that is taken
    let answer = shop.send(PAGE, "home", &[OPEN], "save").await;
    let page = shop.follow(&answer).await;
    assert!(page.contains("there is another flow `home`"), "{page}");
    assert_eq!(shop.text().await, before);
}

#[tokio::test]
async fn a_suite_that_changed_meanwhile_is_not_saved_over_until_somebody_says_so() {
    let shop = Shop::open(Role::Admin).await;
    let flow = format!("{PAGE}?flow=home");
    shop.send(&flow, "home", &[OPEN, CLICK], "keep").await;
    let old = shop.base(&flow).await;
    let theirs = "public_url = \"http://shop.example.test\"\n[[flow]]\nname = \"home\"\nsteps = [{ open = \"/theirs\" }]\n";
    let body =
        serde_json::json!({ "files": [{ "name": "suite.toml", "text": theirs }], "replace": true });
    let taken = shop
        .ann
        .post("/api/v1/pools/production/shop/suite", body)
        .await;
    assert_eq!(taken.status(), StatusCode::OK);

    let page = shop.ann.get(&flow).await.text().await.unwrap();
    assert!(
        page.contains("This flow was changed since you began"),
        "{page}"
    );
    assert!(
        page.contains("#go") && page.contains("Go on with mine"),
        "{page}"
    );
    let fields = [("base", old.as_str()), ("name", "home")];
    let answer = shop.send_with(&flow, &fields, &[OPEN, CLICK], "save").await;
    assert!(
        shop.follow(&answer)
            .await
            .contains("The suite was changed since you began.")
    );
    assert!(shop.text().await.contains("/theirs"));

    shop.send_with(&flow, &fields, &[OPEN, CLICK], "go-on")
        .await;
    let answer = shop.send(&flow, "home", &[OPEN, CLICK], "save").await;
    assert_eq!(location(&answer), SUITE);
    let text = shop.text().await;
    assert!(text.contains("#go") && !text.contains("/theirs"), "{text}");
}

#[tokio::test]
async fn a_recorded_flow_is_taken_over_and_the_page_says_so_before() {
    let shop = Shop::open(Role::Admin).await;
    let side = r#"{"version":"2.0","url":"http://localhost:3000","tests":[
{"id":"1","name":"Buy","commands":[{"command":"open","target":"/buy","value":""}]},
{"id":"2","name":"Return","commands":[{"command":"open","target":"/return","value":""}]}]}"#;
    let body =
        serde_json::json!({ "files": [{ "name": "shop.side", "text": side }], "replace": true });
    shop.ann
        .post("/api/v1/pools/production/shop/suite", body)
        .await;
    let flow = format!("{PAGE}?flow=buy");
    let page = shop.ann.get(&flow).await.text().await.unwrap();
    assert!(
        page.contains("With it go the other flows of that file: Return."),
        "{page}"
    );
    let answer = shop.send(&flow, "buy", &[OPEN], "save").await;
    assert!(
        shop.follow(&answer)
            .await
            .contains("shop.side became part of its own TOML file")
    );
    let view: SuiteView = shop
        .ann
        .get("/api/v1/pools/production/shop/suite")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(view.reports.len(), 1);
    assert_eq!(view.reports[0].file, "suite.toml");
    assert_eq!(view.reports[0].flows.len(), 2);
}

#[tokio::test]
async fn a_recording_that_is_pasted_becomes_rows_and_one_that_is_none_stays_in_its_field() {
    let shop = Shop::open(Role::Admin).await;
    let recording = r##"{"title":"Order","steps":[
{"type":"navigate","url":"http://shop.example.test/orders"},
{"type":"click","selectors":[["#go"]],"offsetX":3,"offsetY":4}]}"##;
    let fields = [("name", "look"), ("paste", recording)];
    let answer = shop.send_with(PAGE, &fields, &[OPEN], "paste").await;
    assert_eq!(location(&answer), format!("{PAGE}#row-2"));
    let page = shop.follow(&answer).await;
    assert!(
        page.contains("Its steps are rows 2 to 3 now.") && page.contains("2 supported"),
        "{page}"
    );
    assert!(page.contains("value=\"/orders\""), "{page}");
    let kept = shop.kept(None).await.unwrap().draft;
    assert!(kept.paste.is_empty() && matches!(kept.pasted, Some(Pasted::Taken { .. })));

    let fields = [("name", "look"), ("paste", "<html>not one</html>")];
    let answer = shop.send_with(PAGE, &fields, &[OPEN], "paste").await;
    assert_eq!(location(&answer), format!("{PAGE}#paste"));
    let page = shop.follow(&answer).await;
    assert!(
        page.contains("this is a web page")
            && page.contains("&lt;html")
            && page.contains("not one"),
        "{page}"
    );
}

#[tokio::test]
async fn a_draft_is_tried_on_any_node_and_is_no_rehearsal_of_the_suite() {
    let shop = Shop::open(Role::Admin).await;
    let node = shop.inventory().await.nodes[1].name.to_string();
    let base = shop.base(PAGE).await;
    let fields = [("base", base.as_str()), ("name", "look"), ("node", &node)];
    let answer = shop.send_with(PAGE, &fields, &[OPEN, CLICK], "try").await;
    let page = location(&answer).to_owned();
    let id = page
        .strip_prefix("/pools/production/shop/rehearsals/")
        .unwrap();
    let id: RehearsalId = id.parse().unwrap();
    let seen = shop.ann.get(&page).await;
    assert_eq!(seen.status(), StatusCode::OK);
    let text = seen.text().await.unwrap();
    assert!(
        text.contains("Back to the draft") && text.contains("Trial"),
        "{text}"
    );
    let view: RehearsalView = rehearsals::get(shop.site.pool(), id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(view.planned[0].name.as_str(), "look");
    assert_eq!(view.planned[0].steps.len(), 2);
    let mut conn = shop.site.pool().acquire().await.unwrap();
    assert!(
        rehearsals::latest(&mut conn, None)
            .await
            .unwrap()
            .is_empty()
    );
    // what was typed is there still, and nothing is in the suite
    assert_eq!(shop.kept(None).await.unwrap().draft.rows.len(), 2);
    assert!(!shop.text().await.contains("look"));
    let other = [
        ("base", base.as_str()),
        ("name", "look"),
        ("node", "nowhere"),
    ];
    let answer = shop.send_with(PAGE, &other, &[OPEN], "try").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_not_configure_may_look_and_change_nothing() {
    let shop = Shop::open(Role::Deployer).await;
    let flow = format!("{PAGE}?flow=home");
    let page = shop.ann.get(&flow).await.text().await.unwrap();
    assert!(
        page.contains("this needs the role admin") && page.contains("disabled"),
        "{page}"
    );
    for go in ["keep", "save", "try", "discard"] {
        let answer = shop
            .send_with(&flow, &[("name", "home"), ("node", "node-0")], &[OPEN], go)
            .await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{go}");
    }
    assert_eq!(shop.kept(Some("home")).await, None);
    let none = shop.ann.get(&format!("{PAGE}?flow=none")).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
}
