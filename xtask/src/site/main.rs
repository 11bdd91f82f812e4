//! Makes the folder `site`: script, wasm, styles and static files. Started by `cargo xtask build`.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Parser;

/// The wasm file and its script.
mod script;

/// One style sheet out of many.
mod style;

/// What a browser has to load.
mod weight;

#[derive(Parser)]
struct Line {
    /// The frontend as the compiler left it
    #[arg(long)]
    wasm: PathBuf,
    /// The style sheet that imports all others
    #[arg(long)]
    style: PathBuf,
    /// A folder copied as it is
    #[arg(long)]
    public: PathBuf,
    /// Minify, compress and print sizes
    #[arg(long)]
    small: bool,
    /// An optimiser to run over the wasm file
    #[arg(long)]
    wasm_opt: Option<PathBuf>,
    /// Replaced as a whole, at the end
    #[arg(long)]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let line = Line::parse();
    let new = line.out.with_extension("new");
    let old = line.out.with_extension("old");
    for left in [&new, &old] {
        if left.exists() {
            fs::remove_dir_all(left)?;
        }
    }
    let pkg = new.join("pkg");
    fs::create_dir_all(&pkg)?;

    script::make(&line.wasm, &pkg, line.wasm_opt.as_deref())?;
    if line.style.is_file() {
        fs::write(
            pkg.join("pitlane.css"),
            style::bundle(&line.style, line.small)?,
        )?;
    } else {
        eprintln!("    no {}: the site has no styles", line.style.display());
    }
    if line.public.is_dir() {
        copy(&line.public, &new)?;
    }
    if line.small {
        weight::compress(&pkg)?;
    }

    if line.out.exists() {
        fs::rename(&line.out, &old)?;
    }
    fs::rename(&new, &line.out)?;
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    Ok(())
}

fn copy(from: &PathBuf, to: &PathBuf) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target)
                .with_context(|| format!("could not copy {}", source.display()))?;
        }
    }
    Ok(())
}
