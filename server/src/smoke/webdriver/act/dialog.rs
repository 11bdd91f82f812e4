//! Alerts, confirmations, prompts. The driver does not tell which of them is open.

use super::Doing;
use crate::smoke::webdriver::wire::Snag;
use app::model::smoke::Answer;
use serde_json::json;

pub async fn expect(on: &mut Doing<'_>, text: &str) -> Result<(), Snag> {
    let wanted = on.text(text);
    let said = on.wire.get("alert/text", on.limit).await?;
    let said = said.as_str().unwrap_or_default();
    if said == wanted {
        Ok(())
    } else {
        Err(Snag::No(format!(
            "the dialog says \"{said}\", not \"{wanted}\""
        )))
    }
}

pub async fn answer(on: &mut Doing<'_>, answer: &Answer) -> Result<(), Snag> {
    let how = match answer {
        Answer::Accept => "alert/accept",
        Answer::Dismiss => "alert/dismiss",
        Answer::Text(text) => {
            let typed = on.typed(text)?;
            if !typed.text.is_empty() {
                let body = json!({ "text": typed.text });
                on.wire
                    .post("alert/text", body, on.limit)
                    .await
                    .map_err(|snag| match snag {
                        Snag::Refused(_) => Snag::No("the dialog takes no text".to_owned()),
                        other => other,
                    })?;
            }
            "alert/accept"
        }
    };
    on.wire.post(how, json!({}), on.limit).await?;
    on.spot.dialog = None;
    Ok(())
}
