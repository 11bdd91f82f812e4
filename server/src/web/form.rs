//! Forms as large as a file. Too large a one is read to its end all the same: a browser that still sends hears no
//! answer, and shows a broken connection instead.

use axum::body::Body;
use futures::StreamExt;
use tokio_util::bytes::{Bytes, BytesMut};

/// Most bytes of a form: a file as large as we read, and what is said of it.
pub const LARGEST: usize = crate::smoke::import::LARGEST + 64 * 1024;
/// To whoever sends more nobody listens any longer.
const HEARD: usize = 256 * 1024 * 1024;

/// Why a form could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    TooLarge,
    Broken,
}

impl Unread {
    pub fn words(self) -> &'static str {
        match self {
            Self::TooLarge => "The form is larger than the 10 MB that are read.",
            Self::Broken => "The form did not arrive whole.",
        }
    }
}

/// Holds `most` bytes at the most.
pub async fn read(body: Body, most: usize) -> Result<Bytes, Unread> {
    let mut stream = body.into_data_stream();
    let mut form = BytesMut::new();
    let mut heard = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        heard += chunk.len();
        if heard > HEARD {
            break;
        } else if heard > most {
            form = BytesMut::new();
        } else {
            form.extend_from_slice(&chunk);
        }
    }
    if heard > most {
        return Err(Unread::TooLarge);
    }
    Ok(form.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::{io, sync::Arc, sync::atomic};

    #[tokio::test]
    async fn what_is_too_large_is_heard_out_and_not_held() {
        let half = Bytes::from(vec![b'a'; LARGEST / 2]);
        let sent = Arc::new(atomic::AtomicUsize::new(0));
        let body = |chunks: usize| {
            let (half, sent) = (half.clone(), Arc::clone(&sent));
            let counted = move |_| {
                sent.fetch_add(1, atomic::Ordering::Relaxed);
                Ok::<_, io::Error>(half.clone())
            };
            Body::from_stream(stream::iter(0..chunks).map(counted))
        };
        assert_eq!(read(body(2), LARGEST).await.unwrap().len(), LARGEST / 2 * 2);
        assert_eq!(read(body(7), LARGEST).await, Err(Unread::TooLarge));
        assert_eq!(sent.load(atomic::Ordering::Relaxed), 9);
        assert_eq!(read(body(10_000), LARGEST).await, Err(Unread::TooLarge));
        assert!(sent.load(atomic::Ordering::Relaxed) < 100);
    }

    #[tokio::test]
    async fn what_breaks_off_is_no_form() {
        let broken = stream::iter([Ok(Bytes::from("name=a")), Err(io::Error::other("reset"))]);
        assert_eq!(
            read(Body::from_stream(broken), LARGEST).await,
            Err(Unread::Broken)
        );
    }
}
