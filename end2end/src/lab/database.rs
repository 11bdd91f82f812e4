//! The shop's PostgreSQL: an instance per lab, handled as the dashboard handles its own.

use super::leftover::Register;
use crate::shop::account;
use anyhow::Context;
use server::{
    guard::Guard,
    postgres::{Private, PrivateSettings},
};
use sqlx::{Connection, PgConnection, PgPool};
use std::{fs, path::Path};

pub struct Database {
    /// For the application: its own role in its own database.
    pub url: String,
    server: Private,
}

impl Database {
    /// Starts it, new or as it was, with the shop's tables in it.
    pub async fn start(dir: &Path, guard: &Guard, register: &Register) -> anyhow::Result<Self> {
        // a lab that loses its orders in a power cut loses nothing
        let server = Private::start(PrivateSettings::for_testing(dir)).await?;
        let pid = postmaster(dir)?;
        guard.watch_group(pid)?;
        register.add("database", pid)?;
        let url = server.create_database("shop", "shop").await?;
        let mut shop = PgConnection::connect(&url).await?;
        sqlx::raw_sql(include_str!("../../shop/schema.sql"))
            .execute(&mut shop)
            .await?;
        shop.close().await?;
        Ok(Self { url, server })
    }

    /// Somebody who may sign in to the shop.
    pub async fn add_person(&self, name: &str, password: &str) -> anyhow::Result<()> {
        let pool = PgPool::connect(&self.url).await?;
        account::add_person(&pool, name, password).await?;
        pool.close().await;
        Ok(())
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// The process of the private PostgreSQL that lies in `dir`; it leads a group of its own.
pub fn postmaster(dir: &Path) -> anyhow::Result<u32> {
    let file = dir.join("data/postmaster.pid");
    let text =
        fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
    let first = text.lines().next().context("postmaster.pid is empty")?;
    Ok(first.trim().parse()?)
}
