use std::{fs, io::Write as _, path::Path};

use anyhow::Context as _;

/// Writes a `.br` beside each file of the package and says what was gained.
pub fn compress(pkg: &Path) -> anyhow::Result<()> {
    let mut entries = fs::read_dir(pkg)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if !path.is_file() {
            continue;
        }
        let raw = fs::read(&path)?;
        let small = brotli(&raw).with_context(|| format!("could not compress {name}"))?;
        eprintln!(
            "    {name}: {}, as brotli {}",
            kilobytes(raw.len()),
            kilobytes(small.len())
        );
        fs::write(pkg.join(format!("{name}.br")), small)?;
    }
    Ok(())
}

fn brotli(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    writer.write_all(raw)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}
