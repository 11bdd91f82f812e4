//! Into the archive, piece by piece: a thread packs what it is handed and hands on what is packed. Both ways are short
//! queues, so a slow reader slows the store down, and nothing is held but what is on its way.

use super::manifest::FileEntry;
use futures::Stream;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::bytes::Bytes;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const QUEUE: usize = 8;
const CHUNK: usize = 64 * 1024;

/// Whoever reads the archive went away, or it could not be packed; the reader is told.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the archive any more")]
pub struct Closed;

enum Piece {
    /// `true`: worth packing.
    Begin(String, bool),
    Bytes(Bytes),
    /// What was handed over is all. Without it the reader sees an error, and not a short archive.
    End,
}

pub struct Sink {
    pieces: mpsc::Sender<Piece>,
    open: Option<(String, Sha256, u64)>,
    /// Every file that is complete.
    pub files: Vec<FileEntry>,
}

/// Where to put it in, and where it comes out.
pub fn sink(at: zip::DateTime) -> (Sink, impl Stream<Item = io::Result<Bytes>> + Send + 'static) {
    let (pieces, receive) = mpsc::channel(QUEUE);
    let (out, packed) = mpsc::channel(QUEUE);
    tokio::task::spawn_blocking(move || {
        let failed = out.clone();
        if let Err(error) = pack(receive, out, at) {
            // nobody may be there to hear it
            let _ = failed.blocking_send(Err(error));
        }
    });
    let sink = Sink {
        pieces,
        open: None,
        files: Vec::new(),
    };
    (sink, ReceiverStream::new(packed))
}

fn pack(
    mut pieces: mpsc::Receiver<Piece>,
    out: mpsc::Sender<io::Result<Bytes>>,
    at: zip::DateTime,
) -> io::Result<()> {
    // the lowest level there is: a reader of a stream understands it, where `Stored` leaves it guessing
    let options = |level| {
        SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(level))
            .last_modified_time(at)
            .unix_permissions(0o644)
            .large_file(false)
    };
    let mut zip = ZipWriter::new_stream(io::BufWriter::with_capacity(CHUNK, Out(out)));
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Begin(path, packed) => {
                zip.start_file(path, options(if packed { 6 } else { 1 }))?
            }
            Piece::Bytes(bytes) => zip.write_all(&bytes)?,
            Piece::End => return zip.finish()?.into_inner().flush(),
        }
    }
    Err(io::Error::other(
        "the evidence could not be exported to its end",
    ))
}

struct Out(mpsc::Sender<io::Result<Bytes>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    /// Begins a file; the one before is complete. `packed`: it is text, and becomes smaller.
    pub async fn begin(&mut self, path: &str, packed: bool) -> Result<(), Closed> {
        self.close();
        self.open = Some((path.to_owned(), Sha256::new(), 0));
        self.send(Piece::Begin(path.to_owned(), packed)).await
    }

    pub async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<(), Closed> {
        let bytes = bytes.into();
        if let Some((_, hash, size)) = &mut self.open {
            hash.update(&bytes);
            *size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        }
        self.send(Piece::Bytes(bytes)).await
    }

    pub async fn file(&mut self, path: &str, text: impl Into<Bytes>) -> Result<(), Closed> {
        self.begin(path, true).await?;
        self.write(text).await?;
        self.close();
        Ok(())
    }

    /// Nothing is written to the open file any more.
    pub fn close(&mut self) {
        if let Some((path, hash, size)) = self.open.take() {
            let sha256 = hex::encode(hash.finalize());
            self.files.push(FileEntry { path, size, sha256 });
        }
    }

    /// That was all of it.
    pub async fn end(mut self) -> Result<(), Closed> {
        self.close();
        self.send(Piece::End).await
    }

    async fn send(&self, piece: Piece) -> Result<(), Closed> {
        self.pieces.send(piece).await.map_err(|_| Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;
    use std::io::{Cursor, Read};

    #[tokio::test]
    async fn what_is_put_in_comes_out_as_an_archive() {
        let (mut sink, out) = sink(zip::DateTime::default());
        // what cannot be packed, as a picture cannot
        let noise: Vec<u8> = (0u32..)
            .flat_map(|n| Sha256::digest(n.to_le_bytes()))
            .take(CHUNK)
            .collect();
        let put = async move {
            sink.file("a/b.txt", "hello").await.unwrap();
            sink.begin("big", false).await.unwrap();
            for _ in 0..40 {
                sink.write(noise.clone()).await.unwrap();
            }
            sink.close();
            let files = sink.files.clone();
            sink.end().await.unwrap();
            files
        };
        let (files, packed) = tokio::join!(put, out.try_collect::<Vec<Bytes>>());
        let packed = packed.unwrap();
        assert!(packed.len() > 10, "it comes in pieces");
        assert_eq!(files[1].size, 40 * CHUNK as u64);
        let mut zip = zip::ZipArchive::new(Cursor::new(packed.concat())).unwrap();
        let mut text = String::new();
        zip.by_name("a/b.txt")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "hello");
    }

    #[tokio::test]
    async fn what_is_not_ended_ends_in_an_error() {
        let (mut sink, out) = sink(zip::DateTime::default());
        sink.file("a", "hello").await.unwrap();
        drop(sink);
        assert!(out.try_collect::<Vec<_>>().await.is_err());
    }

    #[tokio::test]
    async fn whoever_writes_for_nobody_is_told() {
        let (mut sink, out) = sink(zip::DateTime::default());
        drop(out);
        sink.begin("a", false).await.unwrap();
        let mut told = Ok(());
        while told.is_ok() {
            told = sink.write(vec![7; CHUNK]).await;
        }
    }
}
