//! Sorting more rows than memory should hold.
//!
//! What has to be remembered about each record, signature or evidence object is a row of fixed size. Rows are
//! collected in memory up to [`MEMORY_BYTES`]; beyond, sorted runs of them go to a temporary file that is merged
//! when it is read. So memory stays flat, and shuffled documents cost n log n.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::error::VerifyError;
use crate::scratch;

/// Collects rows of `N` bytes and gives them back in ascending order of their bytes.
#[derive(Debug)]
pub(crate) struct Sorter<const N: usize> {
    rows: Vec<[u8; N]>,
    memory_rows: usize,
    file: Option<File>,
    /// Number of rows of each run in the file.
    runs: Vec<usize>,
}

impl<const N: usize> Default for Sorter<N> {
    fn default() -> Self {
        Self::with_memory(MEMORY_BYTES)
    }
}

impl<const N: usize> Sorter<N> {
    fn with_memory(bytes: usize) -> Self {
        Self { rows: Vec::new(), memory_rows: (bytes / N).max(2), file: None, runs: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: [u8; N]) -> Result<(), VerifyError> {
        if self.rows.len() >= self.memory_rows {
            self.spill().map_err(VerifyError::Scratch)?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// All rows in order.
    pub(crate) fn sorted(mut self) -> Result<Sorted<N>, VerifyError> {
        self.sort_rows();
        let Some(file) = self.file else {
            return Ok(Sorted { memory: self.rows.into_iter(), merge: None });
        };
        let mut merge = Merge { file, runs: Vec::new(), heap: BinaryHeap::new() };
        let mut at = 0_u64;
        for (number, rows) in self.runs.into_iter().enumerate() {
            let bytes = (rows * N) as u64;
            let mut run = Run { at, end: at + bytes, buffer: Vec::new(), used: 0 };
            at += bytes;
            let first = run.next(&mut merge.file).map_err(VerifyError::Scratch)?;
            merge.heap.extend(first.map(|row| Reverse((row, number))));
            merge.runs.push(run);
        }
        // The rows still in memory are one more run, its number beyond those of the file.
        let mut memory = self.rows.into_iter();
        merge.heap.extend(memory.next().map(|row| Reverse((row, merge.runs.len()))));
        Ok(Sorted { memory, merge: Some(merge) })
    }

    fn sort_rows(&mut self) {
        if !self.rows.is_sorted() {
            self.rows.sort_unstable();
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort_rows();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(scratch::file()?),
        };
        for rows in self.rows.chunks(IO_ROWS) {
            file.write_all(rows.as_flattened())?;
        }
        self.runs.push(self.rows.len());
        self.rows.clear();
        Ok(())
    }
}

/// Rows in ascending order. Equal rows come as often as they were pushed.
#[derive(Debug)]
pub(crate) struct Sorted<const N: usize> {
    memory: std::vec::IntoIter<[u8; N]>,
    merge: Option<Merge<N>>,
}

impl<const N: usize> Sorted<N> {
    /// The next row.
    pub(crate) fn next(&mut self) -> Result<Option<[u8; N]>, VerifyError> {
        let Some(merge) = &mut self.merge else { return Ok(self.memory.next()) };
        let Some(mut top) = merge.heap.peek_mut() else { return Ok(None) };
        let Reverse((row, number)) = *top;
        let following = match merge.runs.get_mut(number) {
            Some(run) => run.next(&mut merge.file).map_err(VerifyError::Scratch)?,
            None => self.memory.next(),
        };
        match following {
            Some(next) => *top = Reverse((next, number)),
            None => drop(std::collections::binary_heap::PeekMut::pop(top)),
        }
        Ok(Some(row))
    }
}

#[derive(Debug)]
struct Merge<const N: usize> {
    file: File,
    runs: Vec<Run<N>>,
    heap: BinaryHeap<Reverse<([u8; N], usize)>>,
}

/// One sorted stretch of the file, read through a small buffer.
#[derive(Debug)]
struct Run<const N: usize> {
    at: u64,
    end: u64,
    buffer: Vec<[u8; N]>,
    used: usize,
}

impl<const N: usize> Run<N> {
    fn next(&mut self, file: &mut File) -> io::Result<Option<[u8; N]>> {
        if self.used == self.buffer.len() {
            let rows = IO_ROWS.min((self.end - self.at) as usize / N);
            self.buffer.clear();
            self.buffer.resize(rows, [0; N]);
            self.used = 0;
            file.seek(SeekFrom::Start(self.at))?;
            file.read_exact(self.buffer.as_flattened_mut())?;
            self.at += (rows * N) as u64;
        }
        let row = self.buffer.get(self.used).copied();
        self.used += usize::from(row.is_some());
        Ok(row)
    }
}

const MEMORY_BYTES: usize = 24 << 20;
const IO_ROWS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_sorted_from_memory_and_from_disk() {
        for (rows, memory) in [(0_u64, 64), (5, 1 << 20), (10_000, 1 << 20), (10_000, 4096), (5000, 40)] {
            let mut sorter = Sorter::<8>::with_memory(memory);
            let mut wanted = Vec::new();
            for n in 0..rows {
                let row = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 7919).to_be_bytes();
                wanted.push(row);
                sorter.push(row).unwrap();
            }
            wanted.sort_unstable();
            let mut sorted = sorter.sorted().unwrap();
            for row in wanted {
                assert_eq!(sorted.next().unwrap(), Some(row));
            }
            assert_eq!(sorted.next().unwrap(), None);
        }
    }
}
