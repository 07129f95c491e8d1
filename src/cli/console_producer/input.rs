//! Lines from a pipe in large blocks, or from a person at a terminal.

use std::io::{ErrorKind, IsTerminal, Read, Stdin, stdin};

use memchr::memchr;
use rustyline::error::ReadlineError;
use rustyline::{Cmd, Config, DefaultEditor, KeyCode, KeyEvent, Modifiers};

use crate::cli::error::ToolError;

/// How much is asked of a pipe at once.
const BLOCK: usize = 256 << 10;

/// Where lines come from.
pub(super) enum Input {
    Pipe(Box<Lines<Stdin>>),
    Terminal(Box<DefaultEditor>),
}

/// What a read gave.
pub(super) enum Event {
    /// Lines are there to be taken.
    Lines,
    /// One line from a person.
    Typed(String),
    /// The end.
    End,
    /// Ctrl-C, typed.
    Interrupted,
}

impl Input {
    /// The tool's stdin; a line of more than `line_max` bytes is not kept.
    pub(super) fn open(line_max: usize) -> Result<Input, ToolError> {
        if stdin().is_terminal() {
            return Ok(Input::Terminal(Box::new(editor()?)));
        }
        Ok(Input::Pipe(Box::new(Lines::new(stdin(), line_max))))
    }

    /// Waits for lines. Blocks its thread.
    pub(super) fn wait(&mut self) -> Result<Event, ToolError> {
        match self {
            Input::Pipe(lines) => Ok(if lines.fill()? { Event::Lines } else { Event::End }),
            Input::Terminal(editor) => match editor.readline(">") {
                Ok(line) => {
                    // A history that is full forgets its oldest line; nothing else can be wrong in memory.
                    let _ = editor.add_history_entry(line.as_str());
                    Ok(Event::Typed(line))
                }
                Err(ReadlineError::Eof) => Ok(Event::End),
                Err(ReadlineError::Interrupted) => Ok(Event::Interrupted),
                Err(error) => Err(ToolError::failed("java.io.IOException", error.to_string())),
            },
        }
    }

    /// The next line that is there without waiting.
    pub(super) fn next(&mut self) -> Option<Line<'_>> {
        match self {
            Input::Pipe(lines) => lines.next(),
            Input::Terminal(_) => None,
        }
    }
}

/// An editor whose lines are records: a tab is data (it parts key and value), and each line of a pasted text is a line.
fn editor() -> Result<DefaultEditor, ToolError> {
    let config = Config::builder().bracketed_paste(false).build();
    let mut editor = DefaultEditor::with_config(config).map_err(|error| ToolError::setup(error.to_string()))?;
    editor.bind_sequence(KeyEvent(KeyCode::Tab, Modifiers::NONE), Cmd::Insert(1, "\t".to_owned()));
    Ok(editor)
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Its bytes without the end.
    Whole(&'a [u8]),
    /// It was too long to be kept: only its length is known.
    TooLong(usize),
}

/// Lines of a stream, split out of blocks without copying them again.
pub(super) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the lines that were not taken begin and end in the buffer.
    start: usize,
    end: usize,
    line_max: usize,
    /// Bytes dropped of a line that is too long.
    dropped: usize,
    finished: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R, line_max: usize) -> Lines<R> {
        Lines { source, buffer: vec![0; BLOCK], start: 0, end: 0, line_max, dropped: 0, finished: false }
    }

    /// Reads until there is a line, or the end; false once nothing is left.
    fn fill(&mut self) -> Result<bool, ToolError> {
        loop {
            if self.finished {
                return Ok(self.start < self.end || self.dropped > 0);
            }
            self.make_room();
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.finished = true,
                Ok(count) => {
                    let news = self.end;
                    self.end += count;
                    if memchr(b'\n', &self.buffer[news..self.end]).is_some() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Moves the begun line to the front; grows for a long one, and drops one that is too long.
    fn make_room(&mut self) {
        let begun = self.end - self.start;
        if begun > self.line_max {
            self.dropped += begun;
            self.start = self.end;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() - self.end < BLOCK / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
    }

    /// The next line of what was read; at the end of the stream also one without an end of its own.
    fn next(&mut self) -> Option<Line<'_>> {
        let rest = &self.buffer[self.start..self.end];
        let (length, taken) = match memchr(b'\n', rest) {
            Some(length) => (length, length + 1),
            None if self.finished && (!rest.is_empty() || self.dropped > 0) => (rest.len(), rest.len()),
            None => return None,
        };
        let line = self.start..self.start + length;
        self.start += taken;
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 || length > self.line_max {
            return Some(Line::TooLong(dropped + length));
        }
        let line = &self.buffer[line];
        Some(Line::Whole(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a slow pipe does.
    struct Drip(Vec<u8>, usize);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    fn all(text: &[u8], at_once: usize, line_max: usize) -> Vec<Result<Vec<u8>, usize>> {
        let mut lines = Lines::new(Drip(text.to_vec(), at_once), line_max);
        let mut found = Vec::new();
        while lines.fill().unwrap() {
            while let Some(line) = lines.next() {
                found.push(match line {
                    Line::Whole(line) => Ok(line.to_vec()),
                    Line::TooLong(length) => Err(length),
                });
            }
        }
        found
    }

    /// Fault G2: an empty pipe, no end of the last line, CR LF, NUL bytes.
    #[test]
    fn lines_are_found_however_the_pipe_is_cut() {
        for at_once in [1, 2, 3, 1000] {
            let check = |text: &[u8], expected: &[&[u8]]| {
                let expected: Vec<_> = expected.iter().map(|line| Ok(line.to_vec())).collect();
                assert_eq!(all(text, at_once, 1000), expected, "{text:?}");
            };
            check(b"", &[]);
            check(b"a\nb\n", &[b"a", b"b"]);
            check(b"a\nb", &[b"a", b"b"]);
            check(b"\n\n", &[b"", b""]);
            check(b"a\r\nb\rc\n", &[b"a", b"b\rc"]);
            check(b"\0\xff\n", &[b"\0\xff"]);
        }
    }

    /// Fault G2: a line that is too long is counted, not kept, and the lines after it are read.
    #[test]
    fn a_line_that_is_too_long_is_counted_and_passed_over() {
        let mut text = vec![b'x'; 3 * BLOCK];
        text.extend_from_slice(b"\nshort\n");
        let found = all(&text, 1000, 100);
        assert_eq!(found, [Err(3 * BLOCK), Ok(b"short".to_vec())]);
    }

    #[test]
    fn a_line_longer_than_a_block_is_kept_whole() {
        let mut text = vec![b'x'; 3 * BLOCK];
        text.push(b'\n');
        assert_eq!(all(&text, 10_000, 10 * BLOCK), [Ok(vec![b'x'; 3 * BLOCK])]);
    }
}
