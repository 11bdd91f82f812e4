//! A pool's suite: shown, taken in, given out.

use super::{
    LiveGateway, allow,
    refusal::{broken, no_pool, wrong},
};
use crate::{
    smoke::{
        files::{self, FileError, Read, Sources},
        import::{LARGEST, export},
        suite,
    },
    store::{
        self,
        audit::Act,
        inventory::{self, Change},
        pools::PoolInventory,
    },
};
use app::{
    error::AppError,
    gateway::{PoolPath, SuiteFormat, SuiteOrder},
    model::{
        access::{Actor, Subject, Verb, can},
        import::{FileReport, SuiteExport, SuiteImport, SuiteView},
        smoke::Suite,
        trouble::Trouble,
    },
};
use serde_json::json;
use sqlx::PgExecutor;
use std::collections::BTreeSet;

/// More files than a suite of people has.
const MOST_FILES: usize = 100;

impl LiveGateway {
    pub(super) async fn show_suite(
        &self,
        actor: &Actor,
        path: &PoolPath,
    ) -> Result<SuiteView, AppError> {
        let pool = self.inventory(path).await?;
        let sources = sources(&self.pool, &pool).await?;
        let reports = match (&sources, &pool.suite) {
            (Some(sources), Some(planned)) => match files::read(sources) {
                Ok(read) => read.reports,
                // it was read by another version, and what came of it still runs
                Err(_) => vec![files::as_stored(&planned.suite)],
            },
            (None, _) | (_, None) => Vec::new(),
        };
        Ok(SuiteView {
            environment: path.environment.clone(),
            application: path.application.clone(),
            public_url: pool.suite.map(|planned| planned.suite.public_url),
            reports,
            change_refused: can(actor, Verb::Configure, Subject::Pool(pool.id)).err(),
        })
    }

    pub(super) async fn take_suite_in(
        &self,
        actor: &Actor,
        order: &SuiteOrder,
    ) -> Result<SuiteImport, AppError> {
        let path = &order.pool;
        let pool = self.inventory(path).await?;
        allow(actor, Verb::Configure, Subject::Pool(pool.id))?;
        check(order)?;

        let mut transaction = self.begin().await?;
        inventory::lock(&mut transaction).await.map_err(broken)?;
        let pool = store::pools::find(&mut transaction, &path.environment, &path.application)
            .await
            .map_err(broken)?
            .ok_or_else(|| no_pool(path))?;
        let before = sources(&mut *transaction, &pool).await?.unwrap_or_default();
        let usual = pool
            .suite
            .as_ref()
            .map(|planned| planned.suite.public_url.clone());
        let merged = merged(before, order);
        if merged.files.len() > MOST_FILES {
            return Err(wrong(
                format!("A suite has at most {MOST_FILES} files."),
                "Put some of them together.",
            ));
        }
        let (sources, read) = merged
            .settle(usual.as_deref())
            .map_err(|error| AppError::Refused(refused(&error)))?;
        let title = format!("{}/{}", path.environment, path.application);
        let flows: Vec<String> = read
            .suite
            .flows
            .iter()
            .map(|flow| flow.title.clone())
            .collect();
        let same = pool
            .suite
            .as_ref()
            .is_some_and(|planned| planned.suite == read.suite);
        let given = given(&read, order);
        if order.dry_run {
            let words = match same {
                true => format!("This is the suite of {title} already."),
                false => format!("The suite of {title} would be: {}.", flows.join(", ")),
            };
            return Ok(SuiteImport {
                words,
                changed: !same,
                public_url: read.suite.public_url,
                reports: given,
                flows,
            });
        }
        let (revision, change) =
            store::suites::set(&mut transaction, pool.id, &sources.to_text(), &read.suite)
                .await
                .map_err(broken)?;
        let names: Vec<&str> = order.files.iter().map(|file| file.name.as_str()).collect();
        let words = match change {
            Change::Same => format!("This is the suite of {title} already."),
            Change::Created | Change::Changed => format!(
                "{} took {} into the smoke suite of {title}: {}.",
                actor.name,
                names.join(", "),
                flows.join(", ")
            ),
        };
        if change != Change::Same {
            let act = Act {
                action: "suite.imported",
                subject: &title,
                words: &words,
                reason: None,
                detail: Some(json!({
                    "before": pool.suite.as_ref().map(|planned| json!({
                        "revision": planned.revision,
                        "flows": planned.suite.flows.iter().map(|flow| &flow.name).collect::<Vec<_>>(),
                    })),
                    "after": {
                        "revision": revision,
                        "flows": read.suite.flows.iter().map(|flow| &flow.name).collect::<Vec<_>>(),
                    },
                    "files": names,
                    "public_url": read.suite.public_url,
                    "skipped": order.skip,
                })),
            };
            store::audit::append(&mut *transaction, actor, act)
                .await
                .map_err(broken)?;
        }
        transaction.commit().await.map_err(broken)?;
        Ok(SuiteImport {
            words,
            changed: change != Change::Same,
            public_url: read.suite.public_url,
            reports: given,
            flows,
        })
    }

    pub(super) async fn give_suite_out(
        &self,
        path: &PoolPath,
        format: SuiteFormat,
    ) -> Result<SuiteExport, AppError> {
        let pool = self.inventory(path).await?;
        let title = format!("{}/{}", path.environment, path.application);
        let Some(planned) = &pool.suite else {
            return Err(AppError::NotFound(
                Trouble::new(format!("{title} has no suite."))
                    .remedy("`pitlane suites import` gives it one."),
            ));
        };
        match format {
            SuiteFormat::Side => {
                let exported = export::side(&title, &planned.suite);
                Ok(SuiteExport {
                    file: format!("{}.side", path.application),
                    text: exported.text,
                    lost: exported.lost,
                })
            }
            SuiteFormat::Toml => {
                let text = suite::write(&planned.suite);
                Ok(SuiteExport {
                    file: format!("{}.toml", path.application),
                    lost: lost(&planned.suite, &text),
                    text,
                })
            }
        }
    }
}

/// What of a suite our own text does not say.
fn lost(suite: &Suite, text: &str) -> Vec<String> {
    let mut lost: Vec<String> = suite
        .flows
        .iter()
        .filter(|flow| !flow.invalid.is_empty())
        .map(|flow| format!("The flow {} cannot run and is left out.", flow.name))
        .collect();
    if suite.flows.iter().all(|flow| !flow.invalid.is_empty()) {
        return lost;
    }
    if let Err(error) = suite::parse(text) {
        lost.push(format!("It must be corrected by hand: {error}."));
    }
    lost
}

/// What the pool's current suite is made of.
pub(super) async fn sources(
    executor: impl PgExecutor<'_>,
    pool: &PoolInventory,
) -> Result<Option<Sources>, AppError> {
    let Some(planned) = &pool.suite else {
        return Ok(None);
    };
    let text = store::suites::text(executor, planned.revision)
        .await
        .map_err(broken)?;
    Ok(text.as_deref().map(Sources::from_text))
}

fn check(order: &SuiteOrder) -> Result<(), AppError> {
    if order.files.is_empty() {
        return Err(wrong(
            "No file was given.",
            "Choose one, or paste its text.",
        ));
    }
    let mut names = BTreeSet::new();
    for file in &order.files {
        let usable = !file.name.trim().is_empty()
            && file.name.len() <= 200
            && !file
                .name
                .contains(|c: char| c.is_control() || c == '/' || c == '\\');
        if !usable {
            return Err(wrong(
                "A file of a suite needs a name of at most 200 characters, without folders.",
                "Give it one.",
            ));
        }
        if !names.insert(&file.name) {
            return Err(wrong(
                format!("Two files are called {}.", file.name),
                "Rename one of them.",
            ));
        }
        if file.text.len() > LARGEST {
            return Err(wrong(
                format!(
                    "{} has more than {} MB.",
                    file.name,
                    LARGEST / (1024 * 1024)
                ),
                "Split it.",
            ));
        }
    }
    Ok(())
}

fn merged(before: Sources, order: &SuiteOrder) -> Sources {
    let mut sources = match order.replace {
        true => Sources::default(),
        false => before,
    };
    if let Some(url) = order
        .public_url
        .as_deref()
        .map(str::trim)
        .filter(|url| !url.is_empty())
    {
        sources.public_url = Some(url.to_owned());
    }
    sources.skip.extend(order.skip.iter().cloned());
    for file in &order.files {
        sources.put(file.clone());
    }
    sources
}

fn given(read: &Read, order: &SuiteOrder) -> Vec<FileReport> {
    let given = |report: &&FileReport| order.files.iter().any(|file| file.name == report.file);
    read.reports.iter().filter(given).cloned().collect()
}

/// The file and the place in it, so that it can be corrected.
pub(super) fn refused(error: &FileError) -> Trouble {
    Trouble::new(format!("{error}."))
        .stands("Nothing was changed.")
        .remedy("Correct it and give it again.")
}
