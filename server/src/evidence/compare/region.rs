//! Changed pixels to a few rectangles a person can look at one by one.

use app::model::evidence::{Rect, Size};

/// Changes nearer than this belong together: letters of one word, words of one line.
const CELL: u32 = 16;
/// Nobody reads a longer list.
const MOST: usize = 20;

/// A grid over the picture; each cell knows what changed in it.
pub struct Regions {
    columns: usize,
    cells: Vec<Option<Found>>,
}

/// The extent of some changed pixels, both ends included.
#[derive(Debug, Clone, Copy)]
struct Found {
    from: (u32, u32),
    to: (u32, u32),
    count: u64,
}

impl Found {
    fn with(self, other: Self) -> Self {
        Self {
            from: (self.from.0.min(other.from.0), self.from.1.min(other.from.1)),
            to: (self.to.0.max(other.to.0), self.to.1.max(other.to.1)),
            count: self.count + other.count,
        }
    }
}

impl Regions {
    pub fn new(within: Size) -> Self {
        let columns = within.width.div_ceil(CELL) as usize;
        let rows = within.height.div_ceil(CELL) as usize;
        Self {
            columns,
            cells: vec![None; columns * rows],
        }
    }

    pub fn add(&mut self, x: u32, y: u32) {
        let cell = &mut self.cells[(y / CELL) as usize * self.columns + (x / CELL) as usize];
        let found = Found {
            from: (x, y),
            to: (x, y),
            count: 1,
        };
        *cell = Some(cell.map_or(found, |known| known.with(found)));
    }

    /// Neighbouring cells joined, those with most changed pixels first, and how many more there are.
    pub fn gathered(mut self) -> (Vec<Rect>, u32) {
        let mut regions = Vec::new();
        for start in 0..self.cells.len() {
            let Some(first) = self.cells[start].take() else {
                continue;
            };
            let (mut whole, mut open) = (first, vec![start]);
            while let Some(at) = open.pop() {
                for next in self.beside(at) {
                    if let Some(more) = self.cells[next].take() {
                        whole = whole.with(more);
                        open.push(next);
                    }
                }
            }
            regions.push(whole);
        }
        regions.sort_by_key(|found| (std::cmp::Reverse(found.count), found.from.1, found.from.0));
        let more = regions.len().saturating_sub(MOST);
        let listed = regions.iter().take(MOST).map(|found| Rect {
            x: found.from.0,
            y: found.from.1,
            width: found.to.0 - found.from.0 + 1,
            height: found.to.1 - found.from.1 + 1,
        });
        (listed.collect(), u32::try_from(more).unwrap_or(u32::MAX))
    }

    fn beside(&self, at: usize) -> Vec<usize> {
        let (row, column) = (at / self.columns, at % self.columns);
        let rows = row.saturating_sub(1)..=(row + 1).min(self.cells.len() / self.columns - 1);
        rows.flat_map(|row| {
            let columns = column.saturating_sub(1)..=(column + 1).min(self.columns - 1);
            columns.map(move |column| (row, column))
        })
        .map(|(row, column)| row * self.columns + column)
        .filter(|next| *next != at)
        .collect()
    }
}
