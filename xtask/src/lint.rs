use crate::{
    need::Machine,
    say,
    toolchain::{self, TARGET, Toolchain, Wasm},
    work::Work,
};

/// The frontend is looked at apart, because its features must not mix with the server's.
pub fn run(work: &Work) -> anyhow::Result<()> {
    say::step("format", || {
        work.run(work.cargo().args(["fmt", "--all", "--", "--check"]))
    })?;
    say::step("lints", || {
        let mut clippy = work.cargo();
        clippy.args(["clippy", "--quiet", "--workspace", "--exclude", "frontend"]);
        clippy.args(["--all-targets", "--features", "xtask/site"]);
        work.run(clippy.args(["--", "--deny", "warnings"]))
    })?;
    say::step("lints of the browser's half", || {
        let mut clippy = work.cargo();
        clippy.args(["clippy", "--quiet", "--package", "frontend"]);
        // Debian's compiler for wasm has no clippy; then the machine's own target must do
        if let Wasm::Ready(Toolchain::Ours) = toolchain::find(work, &Machine::this()) {
            clippy.args(["--target", TARGET]);
            clippy.arg("--target-dir").arg(work.target.join("wasm"));
        }
        work.run(clippy.args(["--", "--deny", "warnings"]))
    })
}
