//! From relations to a divisor: the matrix of their exponents, its dependencies, the square root.
//!
//! A row stands for the sign or a base prime, a column for a cycle of relations; an entry is the
//! parity of the exponent. Columns that alone have a row cannot be part of a dependency and are
//! removed, as are the heaviest of those that are not needed. Rows with few entries are eliminated
//! ([`elimination`]). Small matrices are eliminated as rows
//! of bits, others solved by block Lanczos.
//!
//! Cost: a check of each relation that is used, and that of block Lanczos: at 85 digits a fortieth
//! of the sieve's time.

use crate::bit_matrix;
use crate::control::{Control, StopReason};
use crate::natural::Natural;
use crate::siqs::cycles::cycles;
use crate::siqs::elimination;
use crate::siqs::instance::Instance;
use crate::siqs::lanczos;
use crate::siqs::periodic_poll::PeriodicPoll;
use crate::siqs::sparse_matrix::Matrix;
use crate::siqs::square_root;
use crate::siqs::store::Store;
use crate::siqs::used_relations::UsedRelations;

/// Columns beyond the number of rows.
const SPARE_COLUMNS: usize = 80;

/// Below this number of columns elimination is as fast as block Lanczos, which may fail there.
const SMALL: usize = 700;

/// The work of a relation in a column: its primes, which are sorted.
const COLUMN_WORK: usize = 1 << 7;

/// Returns a divisor of n, other than 1 and n, if one of the dependencies between the relations
/// gives it.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(super) fn find_divisor(
    instance: &Instance,
    store: &Store,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    let mut cycles = cycles(&store.relations, control)?;
    let Some(used) = UsedRelations::read(instance, store, &cycles, control)? else {
        return Ok(None);
    };
    let mut columns = columns(&cycles, &used, control)?;
    let rows = instance.base.len() + 1;
    reduce(&mut cycles, &mut columns, rows, control)?;
    let try_cycles = |cycles: &[Vec<u32>], selected: Vec<usize>| {
        square_root::try_dependency(
            instance,
            &used,
            selected.iter().map(|&index| &cycles[index]),
            control,
        )
    };
    if columns.len() < SMALL {
        let mut matrix = bit_matrix::Matrix::new(columns.len(), rows);
        for (index, column) in columns.iter().enumerate() {
            column
                .iter()
                .for_each(|&row| matrix.flip(index, row as usize));
        }
        for selected in matrix.dependencies() {
            let divisor = try_cycles(&cycles, selected)?;
            if divisor.is_some() {
                return Ok(divisor);
            }
        }
        return Ok(None);
    }
    elimination::eliminate(&mut cycles, &mut columns, rows, control)?;
    let matrix = compact(columns, rows, control)?;
    for seed in 0..10 {
        let Some(words) = lanczos::dependencies(&matrix, seed, control)? else {
            continue;
        };
        for bit in 0..64 {
            let is_in = |&index: &usize| words[index] >> bit & 1 == 1;
            let selected: Vec<usize> = (0..words.len()).filter(is_in).collect();
            if selected.is_empty() {
                continue;
            }
            let divisor = try_cycles(&cycles, selected)?;
            if divisor.is_some() {
                return Ok(divisor);
            }
        }
    }
    Ok(None)
}

/// Returns the column of each cycle.
fn columns(
    cycles: &[Vec<u32>],
    used: &UsedRelations,
    control: &Control,
) -> Result<Vec<Vec<u32>>, StopReason> {
    let mut poll = PeriodicPoll::new(control);
    let column = |cycle: &Vec<u32>| {
        poll.add(COLUMN_WORK * cycle.len())?;
        Ok(column(cycle, used))
    };
    cycles.iter().map(column).collect()
}

/// Returns the rows in which a cycle has an odd exponent, ascending: 0 for the sign, then one for
/// each base prime.
fn column(cycle: &[u32], used: &UsedRelations) -> Vec<u32> {
    let mut rows: Vec<u32> = Vec::new();
    for relation in cycle.iter().filter_map(|&index| used.get(index)) {
        rows.extend(relation.primes.iter().map(|&index| index + 1));
        if relation.negative {
            rows.push(0);
        }
    }
    rows.sort_unstable();
    let odd = rows.chunk_by(|one, other| one == other);
    odd.filter(|same| same.len() % 2 == 1)
        .map(|same| same[0])
        .collect()
}

/// Removes columns that no dependency can have, and those that are not needed.
fn reduce(
    cycles: &mut Vec<Vec<u32>>,
    columns: &mut Vec<Vec<u32>>,
    rows: usize,
    control: &Control,
) -> Result<(), StopReason> {
    let mut poll = PeriodicPoll::new(control);
    loop {
        let weights = weights(columns, rows, &mut poll)?;
        let live = weights.iter().filter(|&&weight| weight > 0).count();
        let mut keep: Vec<bool> = Vec::with_capacity(columns.len());
        for column in columns.iter() {
            poll.add(column.len())?;
            keep.push(column.iter().all(|&row| weights[row as usize] > 1));
        }
        let kept = keep.iter().filter(|keep| **keep).count();
        if kept == columns.len() {
            // The heaviest of those beyond the spare ones.
            let excess = columns.len().saturating_sub(live + SPARE_COLUMNS);
            if excess == 0 {
                return Ok(());
            }
            let mut by_weight: Vec<usize> = (0..columns.len()).collect();
            by_weight.sort_by_key(|&index| std::cmp::Reverse(columns[index].len()));
            by_weight[..excess]
                .iter()
                .for_each(|&index| keep[index] = false);
        }
        let mut flags = keep.iter();
        columns.retain(|_| flags.next() == Some(&true));
        let mut flags = keep.iter();
        cycles.retain(|_| flags.next() == Some(&true));
    }
}

/// Returns the number of entries of each row.
fn weights(
    columns: &[Vec<u32>],
    rows: usize,
    poll: &mut PeriodicPoll<'_>,
) -> Result<Vec<u32>, StopReason> {
    let mut weights = vec![0u32; rows];
    for column in columns {
        poll.add(column.len())?;
        column.iter().for_each(|&row| weights[row as usize] += 1);
    }
    Ok(weights)
}

/// Numbers the rows that have entries, the heaviest first.
fn compact(
    mut columns: Vec<Vec<u32>>,
    rows: usize,
    control: &Control,
) -> Result<Matrix, StopReason> {
    let mut poll = PeriodicPoll::new(control);
    let weights = weights(&columns, rows, &mut poll)?;
    let has_entries = |&row: &u32| weights[row as usize] > 0;
    let mut order: Vec<u32> = (0..rows as u32).filter(has_entries).collect();
    order.sort_unstable_by_key(|&row| (std::cmp::Reverse(weights[row as usize]), row));
    let mut numbers = vec![0u32; rows];
    for (&row, new) in order.iter().zip(0..) {
        numbers[row as usize] = new;
    }
    for column in &mut columns {
        poll.add(column.len())?;
        column
            .iter_mut()
            .for_each(|row| *row = numbers[*row as usize]);
    }
    Matrix::new(&columns, order.len(), control)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::siqs::family::Family;
    use crate::siqs::periodic_poll::WORK;
    use crate::siqs::periodic_poll::tests::questions;
    use crate::siqs::store::Checked;
    use crate::siqs::unit::Siever;

    const COLUMNS: usize = 2_000;
    const ENTRIES: usize = 100 * COLUMNS;

    /// Columns that all have the same hundred rows, so that none is removed as useless.
    fn dense() -> Vec<Vec<u32>> {
        vec![(0..100).collect(); COLUMNS]
    }

    #[test]
    fn every_pass_over_the_matrix_takes_questions() {
        let asked = questions(|control| {
            let mut cycles = vec![Vec::new(); COLUMNS];
            let mut columns = dense();
            reduce(&mut cycles, &mut columns, 100, control).unwrap();
            assert_eq!(columns.len(), 100 + SPARE_COLUMNS);
        });
        assert!(asked >= 2 * ENTRIES / WORK - 1, "{asked} questions");
        let asked = questions(|control| {
            compact(dense(), 100, control).unwrap();
        });
        assert!(asked >= 2 * ENTRIES / WORK - 1, "{asked} questions");
    }

    /// Relations are read, made columns of, and multiplied. Each has some twenty primes.
    #[test]
    fn every_pass_over_the_relations_takes_questions() {
        let n: Natural = "369503144638782693794961917939723396921312984817285838723301"
            .parse()
            .unwrap();
        let instance = Instance::new(&n, &Control::new()).unwrap();
        let mut store = Store::default();
        let mut siever = Siever::new(&instance);
        for number in 0.. {
            let family = Family::new(&instance, number).unwrap();
            let mut packed = Vec::new();
            let never = AtomicBool::new(false);
            let sieved = siever.sieve(&family, &Control::new(), &never, &mut packed);
            assert_eq!(sieved, Ok(true));
            store.add(&Checked::new(packed, &instance, number, &family).unwrap());
            if store.relations.len() >= 10_000 {
                break;
            }
        }
        let all: Vec<Vec<u32>> = (0..store.relations.len() as u32)
            .map(|index| vec![index])
            .collect();
        let count = all.len();
        let mut read = None;
        let asked = questions(|control| {
            read = UsedRelations::read(&instance, &store, &all, control).unwrap();
        });
        assert!(asked >= 20 * count / WORK, "{asked} questions");
        let used = read.unwrap();
        let asked = questions(|control| {
            let columns = columns(&all, &used, control).unwrap();
            assert_eq!(columns.len(), count);
        });
        assert!(asked >= 20 * count / WORK, "{asked} questions");
        let asked = questions(|control| {
            let relations = 0..count as u32;
            assert!(
                square_root::Roots::new(&instance, &used, relations, control)
                    .unwrap()
                    .is_some()
            );
        });
        assert!(asked >= 20 * count / WORK, "{asked} questions");
        // A relation that occurs twice has no part in the product.
        let twice: Vec<Vec<u32>> = all.iter().chain(&all).cloned().collect();
        let asked = questions(|control| {
            let divisor = square_root::try_dependency(&instance, &used, twice.iter(), control);
            assert_eq!(divisor, Ok(None));
        });
        assert!(asked >= 2 * count / WORK, "{asked} questions");
    }
}
