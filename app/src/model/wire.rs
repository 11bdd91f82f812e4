//! The compact text in which the server hands a page its state: fields in order, nothing named, nothing tagged.
//! Decoding it costs the browser a tenth of what general JSON would. Only the browser's half of the same build
//! reads it; for everybody else there is the JSON API.

use super::{
    ids::{DeploymentId, NodeId},
    name::Name,
    time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

/// Ends every field; within one it is escaped.
const END: char = '|';

/// Can be put into a row of fields, and taken out again by whoever knows the order.
pub trait Wire: Sized {
    fn put(&self, out: &mut Writer);
    /// `None`: the text was written by another version.
    fn take(from: &mut Reader<'_>) -> Option<Self>;
}

#[derive(Debug, Default)]
pub struct Writer(String);

#[derive(Debug)]
pub struct Reader<'a>(&'a str);

/// One line of text, without line breaks.
pub fn write(value: &impl Wire) -> String {
    let mut out = Writer::default();
    value.put(&mut out);
    out.0
}

/// All of `text`, or nothing.
pub fn read<T: Wire>(text: &str) -> Option<T> {
    let mut from = Reader(text);
    let value = T::take(&mut from)?;
    from.0.is_empty().then_some(value)
}

impl Writer {
    pub fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                END => self.0.push_str("\\p"),
                _ => self.0.push(letter),
            }
        }
        self.0.push(END);
    }

    pub fn number(&mut self, number: i64) {
        self.0.push_str(&number.to_string());
        self.0.push(END);
    }
}

impl Reader<'_> {
    fn field(&mut self) -> Option<&str> {
        let (field, rest) = self.0.split_once(END)?;
        self.0 = rest;
        Some(field)
    }

    pub fn text(&mut self) -> Option<String> {
        let field = self.field()?;
        let mut text = String::with_capacity(field.len());
        let mut letters = field.chars();
        while let Some(letter) = letters.next() {
            text.push(match letter {
                '\\' => match letters.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    'p' => END,
                    other => other,
                },
                other => other,
            });
        }
        Some(text)
    }

    pub fn number(&mut self) -> Option<i64> {
        self.field()?.parse().ok()
    }
}

/// Fields in the order given. A field that is missing here does not compile.
macro_rules! fields {
    ($type:ident { $($field:ident),* $(,)? }) => {
        impl Wire for $type {
            fn put(&self, out: &mut Writer) {
                let Self { $($field),* } = self;
                $($field.put(out);)*
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                $(let $field = Wire::take(from)?;)*
                Some(Self { $($field),* })
            }
        }
    };
}

/// Values of an enum as numbers. A variant that is missing here does not compile.
macro_rules! choices {
    ($type:ident { $($variant:pat => $number:literal = $value:expr),* $(,)? }) => {
        impl Wire for $type {
            fn put(&self, out: &mut Writer) {
                out.number(match self { $($variant => $number),* });
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                Some(match from.number()? {
                    $($number => $value,)*
                    _ => return None,
                })
            }
        }
    };
}

pub(crate) use {choices, fields};

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Writer) {
                out.number(*self as i64);
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                Some(from.number()? as Self)
            }
        }
    )*};
}

numbers!(u32, u64, i64, usize);

impl Wire for bool {
    fn put(&self, out: &mut Writer) {
        out.number((*self).into());
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(from.number()? != 0)
    }
}

impl Wire for String {
    fn put(&self, out: &mut Writer) {
        out.text(self);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        from.text()
    }
}

impl Wire for Box<str> {
    fn put(&self, out: &mut Writer) {
        out.text(self);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        from.text().map(String::into_boxed_str)
    }
}

impl Wire for Name {
    fn put(&self, out: &mut Writer) {
        out.text(self.as_str());
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        from.field()?.parse().ok()
    }
}

impl Wire for Timestamp {
    fn put(&self, out: &mut Writer) {
        out.number(self.0);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        from.number().map(Self)
    }
}

/// To the millisecond.
impl Wire for Duration {
    fn put(&self, out: &mut Writer) {
        out.number(i64::try_from(self.as_millis()).unwrap_or(i64::MAX));
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        u64::try_from(from.number()?).ok().map(Self::from_millis)
    }
}

macro_rules! ids {
    ($($type:ident),*) => {$(
        impl Wire for $type {
            fn put(&self, out: &mut Writer) {
                let (high, low) = self.0.as_u64_pair();
                out.number(high as i64);
                out.number(low as i64);
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                let (high, low) = (from.number()? as u64, from.number()? as u64);
                Some(Self(Uuid::from_u64_pair(high, low)))
            }
        }
    )*};
}

ids!(NodeId, DeploymentId);

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Writer) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some(match bool::take(from)? {
            true => Some(T::take(from)?),
            false => None,
        })
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Writer) {
        self.len().put(out);
        for value in self {
            value.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        let mut all = Self::new();
        for _ in 0..usize::take(from)? {
            all.push(T::take(from)?);
        }
        Some(all)
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Writer) {
        T::put(self, out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        T::take(from).map(Self::new)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Writer) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<A: Wire, B: Wire, C: Wire> Wire for (A, B, C) {
    fn put(&self, out: &mut Writer) {
        self.0.put(out);
        self.1.put(out);
        self.2.put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?, C::take(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_taken_out_and_stays_on_one_line() {
        let lines = "a|b\\p\\\r\n\ttwo: ✓".to_owned();
        let value = (
            vec![Some(lines), None, Some(String::new())],
            (true, -7i64, 9u32),
            Duration::from_millis(1_250),
        );
        let text = write(&value);
        assert!(!text.contains(['\n', '\r']), "{text}");
        assert_eq!(read(&text), Some(value));
    }

    #[test]
    fn an_id_keeps_all_its_bits() {
        let id = NodeId(Uuid::from_u128(0xf1e2_d3c4_b5a6_9788_8796_a5b4_c3d2_e1f0));
        assert_eq!(read(&write(&id)), Some(id));
    }

    #[test]
    fn too_little_too_much_and_the_wrong_kind_are_refused() {
        for text in ["", "1", "x|", "1|1|", "2|a|"] {
            assert_eq!(read::<i64>(text), None, "{text}");
        }
        assert_eq!(read::<Vec<String>>("2|a|"), None);
        assert_eq!(read::<Name>("a/b|"), None);
    }
}
