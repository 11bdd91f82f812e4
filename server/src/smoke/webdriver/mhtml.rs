//! A page's archive with its texts in the open: pure.
//!
//! The browser writes texts as quoted-printable, which breaks every line and with them the secrets that are to be
//! masked. Parts in the open (`8bit`) are as valid, and every browser opens them.
//!
//! Source: RFC 2045, 6.7; RFC 2557.

const QUOTED: &str = "Content-Transfer-Encoding: quoted-printable";

pub fn readable(archive: &str) -> String {
    let Some(boundary) = boundary(archive) else {
        return decoded(archive);
    };
    let parts: Vec<String> = archive.split(&boundary).map(part).collect();
    parts.join(&boundary)
}

/// What separates the parts, with its dashes.
fn boundary(archive: &str) -> Option<String> {
    let (_, rest) = archive.split_once("boundary=\"")?;
    let (name, _) = rest.split_once('"')?;
    (!name.is_empty()).then(|| format!("--{name}"))
}

fn part(part: &str) -> String {
    let Some((head, body)) = part.split_once("\r\n\r\n") else {
        return part.to_owned();
    };
    if !head.contains(QUOTED) {
        return part.to_owned();
    }
    let head = head.replace(QUOTED, "Content-Transfer-Encoding: 8bit");
    format!("{head}\r\n\r\n{}", decoded(body))
}

fn decoded(quoted: &str) -> String {
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, left) = match (first, after) {
            (b'=', [b'\r', b'\n', left @ ..] | [b'\n', left @ ..]) => (None, left),
            (b'=', [high, low, left @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (Some(high << 4 | low), left),
                _ => (Some(*first), after),
            },
            _ => (Some(*first), after),
        };
        bytes.extend(byte);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_in_the_open_and_the_rest_stays() {
        let archive = "From: <x>\r\nContent-Type: multipart/related;\r\n\tboundary=\"--B--\"\r\n\r\n\
            ----B--\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            <p title=3D\"a\">open ses=\r\name =C3=A9 =zz</p>\r\n\
            ----B--\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAA=\r\n\r\n----B----\r\n";
        let readable = readable(archive);
        assert!(
            readable.contains("8bit\r\n\r\n<p title=\"a\">open sesame \u{e9} =zz</p>\r\n----B--"),
            "{readable}"
        );
        assert!(readable.contains("base64\r\n\r\nAAA=\r\n"), "{readable}");
        assert!(!readable.contains("quoted-printable"), "{readable}");
    }

    #[test]
    fn what_is_no_archive_is_decoded_all_the_same() {
        assert_eq!(readable("open=20ses=\name"), "open sesame");
    }
}
