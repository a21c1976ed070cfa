//! Structured elimination: makes a sparse matrix smaller before it is solved.
//!
//! If a row has few entries, one of its columns is added to the others that have an entry there.
//! The row is then alone in that column, and both go. The lightest column of the row serves, so that
//! the others grow little. A row with two entries even makes the matrix lighter. Rows are taken by
//! their number of entries, as long as the columns stay light.
//!
//! Cost: some operations for each entry that is added.
//!
//! Source: Carl Pomerance and Jeffrey Smith, "Reduction of huge, sparse matrices over finite fields
//! via created catastrophes", Experimental Mathematics 1 (1992).

use crate::control::{Control, StopReason};
use crate::siqs::periodic_poll::PeriodicPoll;

/// Rows with more entries are left to the solver.
const MAX_ENTRIES: usize = 8;

/// The weight of a column beyond which it is not added to others.
const MAX_WEIGHT: usize = 90;

/// Eliminates rows with few entries. `cycles` has the relations of each column, which are merged as
/// the columns are; a relation may then occur more than once.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(super) fn eliminate(
    cycles: &mut Vec<Vec<u32>>,
    columns: &mut Vec<Vec<u32>>,
    rows: usize,
    control: &Control,
) -> Result<(), StopReason> {
    // The columns of each row. An entry may be out of date.
    let mut entries: Vec<Vec<u32>> = vec![Vec::new(); rows];
    let mut counts = vec![0usize; rows];
    let mut poll = PeriodicPoll::new(control);
    for (index, column) in columns.iter().enumerate() {
        poll.add(column.len())?;
        for &row in column {
            entries[row as usize].push(index as u32);
            counts[row as usize] += 1;
        }
    }
    let mut gone = vec![false; columns.len()];
    for limit in 1..=MAX_ENTRIES {
        let mut open: Vec<usize> = (0..rows).filter(|&row| counts[row] == limit).collect();
        while let Some(row) = open.pop() {
            poll.add(1)?;
            if counts[row] == 0 || counts[row] > limit {
                continue;
            }
            let mut live = std::mem::take(&mut entries[row]);
            poll.add(live.len())?;
            live.retain(|&column| {
                !gone[column as usize]
                    && columns[column as usize]
                        .binary_search(&(row as u32))
                        .is_ok()
            });
            live.sort_unstable();
            live.dedup();
            let lightest = live
                .iter()
                .min_by_key(|&&column| columns[column as usize].len());
            let Some(&pivot) = lightest else { continue };
            let pivot = pivot as usize;
            if live.len() > 2 && columns[pivot].len() > MAX_WEIGHT {
                entries[row] = live;
                continue;
            }
            gone[pivot] = true;
            let column = std::mem::take(&mut columns[pivot]);
            let cycle = std::mem::take(&mut cycles[pivot]);
            for &of in &column {
                counts[of as usize] -= 1;
            }
            for other in live
                .into_iter()
                .map(|other| other as usize)
                .filter(|&other| other != pivot)
            {
                cycles[other].extend_from_slice(&cycle);
                let before = std::mem::take(&mut columns[other]);
                poll.add(before.len() + column.len() + cycle.len())?;
                columns[other] = sum(&before, &column);
                for &of in &column {
                    let of = of as usize;
                    if before.binary_search(&(of as u32)).is_ok() {
                        counts[of] -= 1;
                    } else {
                        counts[of] += 1;
                        entries[of].push(other as u32);
                    }
                }
            }
            open.extend(
                column
                    .iter()
                    .map(|&of| of as usize)
                    .filter(|&of| counts[of] <= limit),
            );
        }
    }
    let mut flags = gone.iter();
    columns.retain(|_| flags.next() == Some(&false));
    let mut flags = gone.iter();
    cycles.retain(|_| flags.next() == Some(&false));
    Ok(())
}

/// Returns the rows that one of two columns has, but not both.
fn sum(one: &[u32], other: &[u32]) -> Vec<u32> {
    let mut sum = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    loop {
        match (one.peek(), other.peek()) {
            (Some(a), Some(b)) if a == b => _ = (one.next(), other.next()),
            (Some(a), Some(b)) => sum.extend(if a < b { one.next() } else { other.next() }),
            _ => break,
        }
    }
    sum.extend(one.chain(other));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::siqs::periodic_poll::WORK;
    use crate::siqs::periodic_poll::tests::questions;

    /// The columns are sums of the original ones that their cycles name, and the rows that are
    /// gone are empty in them.
    #[test]
    fn columns_stay_the_sums_of_their_cycles() {
        let mut state = 1u64;
        let mut random = |bound: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % bound
        };
        let original: Vec<Vec<u32>> = (0..300)
            .map(|_| {
                let mut column: Vec<u32> = (0..6)
                    .map(|_| (random(250) * random(250) / 250) as u32)
                    .collect();
                column.sort_unstable();
                column.dedup();
                column
            })
            .collect();
        let mut columns = original.clone();
        let mut cycles: Vec<Vec<u32>> = (0..300).map(|index| vec![index]).collect();
        eliminate(&mut cycles, &mut columns, 250, &Control::new()).unwrap();
        assert!(columns.len() < 200, "{} columns", columns.len());
        assert_eq!(cycles.len(), columns.len());
        for (cycle, column) in cycles.iter().zip(&columns) {
            let total = cycle.iter().fold(Vec::new(), |total, &index| {
                sum(&total, &original[index as usize])
            });
            assert_eq!(total, *column);
        }
        // Each column that went took a row with it.
        let live: std::collections::HashSet<u32> = columns.iter().flatten().copied().collect();
        assert!(
            columns.len() >= live.len(),
            "{} for {}",
            columns.len(),
            live.len()
        );
    }

    /// Nothing is eliminated, but all entries are read.
    #[test]
    fn many_entries_take_many_questions() {
        let columns: Vec<Vec<u32>> = (0..2_000).map(|_| (0..100).collect()).collect();
        let asked = questions(|control| {
            let mut cycles = vec![Vec::new(); columns.len()];
            eliminate(&mut cycles, &mut columns.clone(), 100, control).unwrap();
        });
        assert!(asked >= 2_000 * 100 / WORK - 1, "{asked} questions");
    }
}
