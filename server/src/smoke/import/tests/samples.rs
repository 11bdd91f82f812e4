//! Files of every command, which `end2end smoke::conform_files` plays in the real browser.

use super::*;

#[test]
fn every_sample_is_understood_to_the_last_command() {
    let samples = samples();
    assert!(samples.len() > 15, "{}", samples.len());
    for (name, text) in samples {
        let imported = import(&name, &text, &Wishes::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for (flow, report) in imported.flows.iter().zip(&imported.report.flows) {
            assert_eq!(flow.invalid, Vec::<String>::new(), "{name}: {}", flow.title);
            assert!(!flow.steps.is_empty(), "{name}: {}", flow.title);
            assert_eq!(report.steps as usize, flow.steps.len());
            assert!(flow.steps.iter().all(|step| step.line.is_some()), "{name}");
            assert!(
                report
                    .hints
                    .iter()
                    .all(|hint| !hint.contains("Nothing is expected"))
                    || flow.title == "first"
                    || name == "control-fails.side",
                "{name}: {}: {:?}",
                flow.title,
                report.hints
            );
        }
        assert_eq!(
            imported.public_url.as_deref(),
            Some("http://conform.example.test"),
            "{name}"
        );
    }
}

/// Selenium IDE's, without `verify…`, which goes with every `assert…`; then what old files say.
const COMMANDS: &str = "
    acceptAlert acceptConfirmation addSelection answerPrompt assert assertAlert assertChecked assertConfirmation assertEditable
    assertElementNotPresent assertElementPresent assertNotChecked assertNotEditable assertNotSelectedLabel assertNotSelectedValue assertNotText
    assertPrompt assertSelectedLabel assertSelectedValue assertText assertTitle assertValue check click clickAt close debugger
    dismissConfirmation dismissPrompt do doubleClick doubleClickAt dragAndDropToObject echo editContent else elseIf end executeAsyncScript
    executeScript forEach if mouseDown mouseDownAt mouseMoveAt mouseOut mouseOver mouseUp mouseUpAt open pause removeSelection repeatIf run
    runScript select selectFrame selectWindow sendKeys setSpeed setWindowSize store storeAttribute storeElementCount storeJson storeText
    storeTitle storeValue storeWindowHandle submit times type uncheck waitForElementEditable waitForElementNotEditable
    waitForElementNotPresent waitForElementNotVisible waitForElementPresent waitForElementVisible waitForText while

    answerOnNextPrompt assertNotValue assertTextPresent captureEntirePageScreenshot captureScreenshot chooseCancelOnNextConfirmation
    chooseCancelOnNextPrompt chooseOkOnNextConfirmation clickAndWait deleteAllVisibleCookies getEval highlight setTimeout storeCssCount
    storeXpathCount typeKeys waitForEditable waitForNotEditable waitForNotVisible waitForPageToLoad waitForTextPresent waitForVisible
    webdriverAnswerOnVisiblePrompt webdriverChooseCancelOnVisibleConfirmation webdriverChooseCancelOnVisiblePrompt
    webdriverChooseOkOnVisibleConfirmation
";

/// Those of Chrome's recorder.
const STEPS: &str = "
    change click close customStep doubleClick emulateNetworkConditions hover keyDown keyUp navigate scroll setViewport waitForElement
    waitForExpression
";

#[test]
fn the_samples_hold_every_command_and_every_step() {
    let all: String = samples().into_iter().map(|(_, text)| text).collect();
    let has = |key: &str, name: &str| {
        assert!(all.contains(&format!("\"{key}\": \"{name}\"")), "{name}");
    };
    for command in COMMANDS.split_whitespace() {
        has("command", command);
        if let Some(rest) = command.strip_prefix("assert") {
            has("command", &format!("verify{rest}"));
        }
    }
    STEPS.split_whitespace().for_each(|step| has("type", step));
}
