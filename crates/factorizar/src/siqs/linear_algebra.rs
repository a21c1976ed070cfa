//! From relations to a divisor: the matrix of their exponents, its dependencies, the square root.
//!
//! A row stands for the sign or a base prime, a column for a cycle of relations; an entry is the
//! parity of the exponent. Columns that alone have a row cannot be part of a dependency and are
//! removed, as are the heaviest of those that are not needed. Rows with few entries are eliminated
//! ([`elimination`]). Small matrices are eliminated as rows
//! of bits, others solved by block Lanczos.
//!
//! Cost: a check of each relation that is used, and that of block Lanczos: a twentieth of the
//! sieve's time.

use crate::bit_matrix;
use crate::control::{Control, StopReason};
use crate::natural::Natural;
use crate::siqs::cycles::cycles;
use crate::siqs::elimination;
use crate::siqs::instance::Instance;
use crate::siqs::lanczos::{self, Matrix};
use crate::siqs::square_root;
use crate::siqs::store::Store;
use crate::siqs::used_relations::UsedRelations;

/// Columns beyond the number of rows.
const SPARE_COLUMNS: usize = 80;

/// Below this number of columns elimination is as fast as block Lanczos, which may fail there.
const SMALL: usize = 700;

/// Cycles between two questions to the control.
const BETWEEN_POLLS: usize = 1 << 10;

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
    let mut columns: Vec<Vec<u32>> = Vec::with_capacity(cycles.len());
    for (index, cycle) in cycles.iter().enumerate() {
        if index % BETWEEN_POLLS == 0 {
            control.poll()?;
        }
        columns.push(column(cycle, &used));
    }
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
    control.poll()?;
    let matrix = compact(columns, rows);
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
    loop {
        control.poll()?;
        let mut weights = vec![0u32; rows];
        columns
            .iter()
            .flatten()
            .for_each(|&row| weights[row as usize] += 1);
        let live = weights.iter().filter(|&&weight| weight > 0).count();
        let mut keep: Vec<bool> = columns
            .iter()
            .map(|column| column.iter().all(|&row| weights[row as usize] > 1))
            .collect();
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

/// Numbers the rows that have entries, the heaviest first.
fn compact(mut columns: Vec<Vec<u32>>, rows: usize) -> Matrix {
    let mut weights = vec![0u32; rows];
    for &row in columns.iter().flatten() {
        weights[row as usize] += 1;
    }
    let has_entries = |&row: &u32| weights[row as usize] > 0;
    let mut order: Vec<u32> = (0..rows as u32).filter(has_entries).collect();
    order.sort_unstable_by_key(|&row| (std::cmp::Reverse(weights[row as usize]), row));
    let mut numbers = vec![0u32; rows];
    for (&row, new) in order.iter().zip(0..) {
        numbers[row as usize] = new;
    }
    for row in columns.iter_mut().flatten() {
        *row = numbers[*row as usize];
    }
    Matrix {
        columns,
        rows: order.len(),
    }
}
