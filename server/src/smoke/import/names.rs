//! Names for flows, made of what people call their tests.

use app::model::name::Name;
use std::collections::BTreeSet;

/// Names that are taken.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<Name>);

impl Names {
    /// The words of `title`, joined; with a number behind them where that is taken.
    pub fn make(&mut self, title: &str) -> Name {
        self.unused(&plain(title))
    }

    /// `name`, or with a number behind it where that is taken.
    pub fn keep(&mut self, name: &Name) -> Name {
        self.unused(name.as_str())
    }

    fn unused(&mut self, name: &str) -> Name {
        let mut number = 1_u32;
        loop {
            let tried = match number {
                1 => name.to_owned(),
                n => {
                    let ending = format!("-{n}");
                    let room = 64 - ending.len();
                    format!("{}{ending}", &name[..name.len().min(room)])
                }
            };
            let tried: Name = tried
                .parse()
                .expect("letters, digits and dashes, at most 64");
            if self.0.insert(tried.clone()) {
                return tried;
            }
            number += 1;
        }
    }
}

/// `Place an order (fast)` to `place-an-order-fast`.
fn plain(title: &str) -> String {
    let mut name = String::new();
    for letter in title.chars() {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            'A'..='Z' => name.push(letter.to_ascii_lowercase()),
            '.' | '_' | '+' if !name.is_empty() => name.push(letter),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
        if name.len() >= 60 {
            break;
        }
    }
    let name = name.trim_end_matches(['-', '.', '_', '+']);
    match name {
        "" => "flow".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_usable_and_each_once() {
        let mut names = Names::default();
        let cases = [
            ("Sign in", "sign-in"),
            ("Sign in", "sign-in-2"),
            ("  Place an order (fast) ", "place-an-order-fast"),
            ("käse/1.2", "k-se-1.2"),
            ("注文", "flow"),
            ("", "flow-2"),
            ("sign-in-2", "sign-in-2-2"),
        ];
        for (title, name) in cases {
            assert_eq!(names.make(title).as_str(), name, "{title}");
        }
        let long = "x".repeat(500);
        for _ in 0..20 {
            assert!(names.make(&long).as_str().len() <= 64);
        }
    }
}
