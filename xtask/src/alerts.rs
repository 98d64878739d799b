//! Checks the rules for alarms with Prometheus's own program: which situation rings which alarm.

use anyhow::Result;

use crate::command::{command, output};
use crate::test::Count;
use crate::{install, paths};

/// Runs `docs/alerts.test.yml`.
pub fn check() -> Result<Count> {
    if paths::program("promtool").is_none() {
        install::packages(&["prometheus"], "the check of the rules for alarms")?;
    }
    output(command("promtool").args(["test", "rules", "docs/alerts.test.yml"]))?;
    Ok(Count { passed: 1, failed: 0 })
}
