//! A stream of bytes as lines, bounded: nobody's screen, log or memory is flooded by a command.

use super::Sink;
use std::collections::VecDeque;

const LINE_LIMIT: usize = 4 * 1024;
const SINK_LIMIT: usize = 4 * 1024 * 1024;
const TAIL_LINES: usize = 40;
const TAIL_BYTES: usize = 4 * 1024;

/// Cuts bytes into lines, hands them on and remembers the last.
pub struct Lines {
    sink: Sink,
    line: Vec<u8>,
    sent: usize,
    tail: VecDeque<String>,
    tail_bytes: usize,
}

impl Lines {
    pub fn new(sink: Sink) -> Self {
        Self {
            sink,
            line: Vec::new(),
            sent: 0,
            tail: VecDeque::new(),
            tail_bytes: 0,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let (text, ends) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            let room = (LINE_LIMIT + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                self.end_line();
            }
        }
    }

    /// The last lines, after a line without an end was taken for whole.
    pub fn finish(mut self) -> String {
        if !self.line.is_empty() {
            self.end_line();
        }
        Vec::from(self.tail).join("\n")
    }

    fn end_line(&mut self) {
        let cut = self.line.len() > LINE_LIMIT;
        self.line.truncate(LINE_LIMIT);
        let mut text = String::from_utf8_lossy(&self.line)
            .trim_end_matches('\r')
            .to_owned();
        if cut {
            text.push('…');
        }
        self.line.clear();
        let before = self.sent;
        self.sent = before.saturating_add(text.len() + 1);
        if self.sent <= SINK_LIMIT {
            (self.sink)(&text);
        } else if before <= SINK_LIMIT {
            (self.sink)("… more than 4 MB of output: the rest is left out");
        }
        self.tail_bytes += text.len() + 1;
        self.tail.push_back(text);
        while self.tail.len() > TAIL_LINES || (self.tail_bytes > TAIL_BYTES && self.tail.len() > 1)
        {
            let gone = self.tail.pop_front().expect("the loop saw one");
            self.tail_bytes -= gone.len() + 1;
        }
    }
}

/// The last 40 lines and 4 KB of `text`.
pub fn tail(text: &str) -> String {
    let mut lines = Lines::new(super::no_sink());
    lines.push(text.as_bytes());
    lines.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    fn heard(pieces: &[&[u8]]) -> (Vec<String>, String) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = heard.clone();
        let mut lines = Lines::new(Arc::new(move |line: &str| {
            ears.lock().unwrap().push(line.to_owned());
        }));
        pieces.iter().for_each(|piece| lines.push(piece));
        let tail = lines.finish();
        let heard = heard.lock().unwrap().clone();
        (heard, tail)
    }

    #[test]
    fn pieces_become_lines_wherever_they_were_cut() {
        let (lines, tail) = heard(&[b"on", b"e\ntwo\r\n", b"", b"\nlast"]);
        assert_eq!(lines, ["one", "two", "", "last"]);
        assert_eq!(tail, "one\ntwo\n\nlast");
    }

    #[test]
    fn long_lines_and_floods_are_cut_and_say_so() {
        let long = vec![b'x'; 10 * LINE_LIMIT];
        let (lines, _) = heard(&[&long, b"\nnext\n"]);
        assert_eq!(lines[0].len(), LINE_LIMIT + '…'.len_utf8());
        assert_eq!(lines[1], "next");

        let many = "0123456789\n".repeat(500_000);
        let (lines, tail) = heard(&[many.as_bytes()]);
        assert!(lines.len() < 400_000, "{}", lines.len());
        assert!(lines.last().unwrap().contains("left out"));
        assert_eq!(tail.lines().count(), TAIL_LINES);
    }
}
