//! Lets the plan below a Deploy form follow each choice. The server draws the plan, here as at first; the form
//! itself is plain HTML.

use leptos::prelude::*;

/// Draws nothing; listens to the form it stands behind.
#[island]
pub fn PlanFollower() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::follow();
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::api::plans::PreviewPlan;
    use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};
    use std::{cell::RefCell, rc::Rc};
    use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Element, FormData, HtmlFormElement, RequestInit, Response, UrlSearchParams};

    /// The parts of the form that change.
    struct Form {
        form: HtmlFormElement,
        plan: Element,
        go: Element,
        why: Element,
        /// The choice whose plan is shown or has been asked for last.
        shown: RefCell<String>,
    }

    pub fn follow() {
        let Some(form) = Form::find() else { return };
        let form = Rc::new(form);
        // what a person chose before the script was there made no event
        form.follow();
        let target = form.form.clone();
        let changed = Closure::<dyn FnMut()>::new(move || form.follow());
        let _ = target.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        // it lives as long as the page
        changed.forget();
    }

    impl Form {
        fn find() -> Option<Self> {
            let part = |id| document().get_element_by_id(id);
            let plan = part("deploy-plan")?;
            Some(Self {
                form: part("deploy-form")?.dyn_into().ok()?,
                go: part("deploy-go")?,
                why: part("deploy-why")?,
                shown: RefCell::new(plan.get_attribute("data-shown")?),
                plan,
            })
        }

        fn follow(self: &Rc<Self>) {
            let Ok(data) = FormData::new_with_form(&self.form) else {
                return;
            };
            let nodes = data.get_all("nodes[]");
            let chosen = [data.get("version").as_string(), nodes.join(",").as_string()];
            let chosen = chosen.map(Option::unwrap_or_default).join(",");
            if nodes.length() > 0 && *self.shown.borrow() != chosen {
                self.shown.replace(chosen.clone());
                let form = Rc::clone(self);
                spawn_local(async move {
                    let drawn = ask(&data).await.ok();
                    // a late answer to an earlier choice is dropped
                    if *form.shown.borrow() == chosen {
                        let drawn = drawn.or_else(|| form.plan.get_attribute("data-unasked"));
                        form.plan.set_inner_html(&drawn.unwrap_or_default());
                        form.judge();
                    }
                });
            }
            self.judge();
        }

        /// A button that cannot be pressed says why not.
        fn judge(&self) {
            let refused_by = |part: &Element| part.get_attribute("data-refused");
            let first = |within: &Element, what| within.query_selector(what).ok().flatten();
            let why = refused_by(&self.go)
                .or_else(|| match first(&self.form, "[name='nodes[]']:checked") {
                    None => Some("No node is chosen.".to_owned()),
                    Some(_) => None,
                })
                .or_else(|| refused_by(&first(&self.plan, "[data-refused]")?));
            let _ = self
                .go
                .toggle_attribute_with_force("disabled", why.is_some());
            self.why.set_text_content(why.as_deref());
        }
    }

    /// What the form itself would send, to the function that only tells.
    async fn ask(data: &FormData) -> Result<String, JsValue> {
        let request = RequestInit::new();
        request.set_method("POST");
        let fields = UrlSearchParams::new_with_str_sequence_sequence(data)?;
        request.set_body(&fields);
        let answer = JsFuture::from(window().fetch_with_str_and_init(PreviewPlan::PATH, &request));
        let answer: Response = answer.await?.dyn_into()?;
        let said = JsFuture::from(answer.json()?).await?;
        said.as_string().ok_or(said)
    }
}
