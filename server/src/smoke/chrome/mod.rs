//! Chromium through its driver.
