//! Wakes the islands of a server-rendered page.

#[expect(
    unused_imports,
    reason = "naming `app` keeps its islands in the wasm file"
)]
use app::*;

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
