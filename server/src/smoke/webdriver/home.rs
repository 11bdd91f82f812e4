//! Whose the browser's process is, and how a session is ended there.

use super::{driver::Driver, grid::Leased};

/// Dropping it ends the session in the background.
pub enum Home {
    /// On this machine, below a driver of its own.
    Here(Driver),
    /// On a machine of the Grid.
    Grid(Leased),
}

impl Home {
    /// What driver and browser said last; a Grid keeps that to itself.
    pub fn words(&self) -> String {
        match self {
            Self::Here(driver) => driver.words(),
            Self::Grid(_) => String::new(),
        }
    }

    /// Returns when nothing is left of driver and browser here, or the Grid was told.
    pub async fn end(self) {
        match self {
            Self::Here(driver) => driver.end().await,
            Self::Grid(leased) => leased.end().await,
        }
    }
}
