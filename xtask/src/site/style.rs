use std::path::Path;

use anyhow::anyhow;
use lightningcss::{
    bundler::{Bundler, FileProvider},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
};

/// Follows every `@import`, keeps the layers, and rewrites nothing for old browsers: there are no
/// targets, so `light-dark()`, nesting and the like stay as written.
pub fn bundle(main: &Path, small: bool) -> anyhow::Result<String> {
    let files = FileProvider::new();
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(main)
        .map_err(|bad| anyhow!("{bad}"))?;
    if small {
        sheet
            .minify(MinifyOptions::default())
            .map_err(|bad| anyhow!("{bad}"))?;
    }
    let printed = sheet.to_css(PrinterOptions {
        minify: small,
        ..PrinterOptions::default()
    });
    Ok(printed.map_err(|bad| anyhow!("{bad}"))?.code)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn bundled(files: &[(&str, &str)], small: bool) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            fs::write(folder.path().join(name), text)?;
        }
        bundle(&folder.path().join("main.css"), small)
    }

    #[test]
    fn the_declared_order_of_layers_stays_first() {
        for small in [false, true] {
            let css = bundled(
                &[
                    (
                        "main.css",
                        "@layer tokens, base;\n@import \"base.css\" layer(base);\n@import \"tokens.css\" layer(tokens);",
                    ),
                    ("base.css", "body { color: var(--ink) }"),
                    ("tokens.css", ":root { --ink: light-dark(black, white) }"),
                ],
                small,
            )
            .unwrap();
            assert!(css.starts_with("@layer tokens,"), "{css}");
            assert!(css.contains("@layer base"), "{css}");
        }
    }

    #[test]
    fn light_dark_stays_as_written() {
        for small in [false, true] {
            let css = bundled(
                &[("main.css", "a { color: light-dark(#123456, #fedcba) }")],
                small,
            )
            .unwrap();
            assert!(css.contains("light-dark(#123456"), "{css}");
            assert!(!css.contains("--lightningcss"), "{css}");
        }
    }

    #[test]
    fn a_missing_import_is_named() {
        let trouble = bundled(&[("main.css", "@import \"gone.css\";")], false).unwrap_err();
        assert!(trouble.to_string().contains("gone.css"), "{trouble}");
    }
}
