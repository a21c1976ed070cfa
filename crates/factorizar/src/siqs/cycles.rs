//! Cycles of relations, whose large primes multiply to squares.
//!
//! A breadth-first search from 1 gives a forest with short paths. Each edge that is not part of it
//! closes a cycle: the edge, and the paths from its two ends to where they meet.
//!
//! Cost: some operations for each relation, and the length of the cycles.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use crate::control::{Control, StopReason};
use crate::integer_hasher::IntegerHasher;
use crate::siqs::store::Stored;

type Vertices<T> = HashMap<u32, T, BuildHasherDefault<IntegerHasher>>;

/// Relations between two questions to the control.
const BETWEEN_POLLS: usize = 1 << 12;

/// Returns independent cycles, each as indices of relations.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(super) fn cycles(relations: &[Stored], control: &Control) -> Result<Vec<Vec<u32>>, StopReason> {
    // Relations at each vertex, from which those that lead nowhere are removed.
    let mut degrees: Vertices<u32> = Vertices::default();
    for (index, relation) in relations.iter().enumerate() {
        poll_at(index, control)?;
        for vertex in relation.large {
            *degrees.entry(vertex).or_default() += 1;
        }
    }
    let mut used: Vec<bool> = vec![true; relations.len()];
    let degree = |degrees: &Vertices<u32>, vertex: u32| match vertex {
        1 => 2,
        _ => degrees.get(&vertex).copied().unwrap_or(0),
    };
    loop {
        let mut removed = false;
        for (index, (relation, used)) in relations.iter().zip(&mut used).enumerate() {
            poll_at(index, control)?;
            let ends = relation.large;
            if *used && ends.iter().any(|&vertex| degree(&degrees, vertex) < 2) {
                *used = false;
                removed = true;
                for vertex in ends {
                    degrees.entry(vertex).and_modify(|degree| *degree -= 1);
                }
            }
        }
        if !removed {
            break;
        }
    }
    let mut edges: Vertices<Vec<u32>> = Vertices::default();
    for (index, relation) in relations
        .iter()
        .enumerate()
        .filter(|&(index, _)| used[index])
    {
        poll_at(index, control)?;
        let [one, other] = relation.large;
        if one != other {
            edges.entry(one).or_default().push(index as u32);
            edges.entry(other).or_default().push(index as u32);
        }
    }
    let forest = forest(relations, &edges, control)?;
    let in_forest: Vec<bool> = {
        let mut marks = vec![false; relations.len()];
        for node in forest.values().filter(|node| node.depth > 0) {
            marks[node.edge as usize] = true;
        }
        marks
    };
    let closing = (0..relations.len()).filter(|&index| used[index] && !in_forest[index]);
    closing
        .enumerate()
        .map(|(count, index)| {
            poll_at(count, control)?;
            let mut cycle = vec![index as u32];
            let [mut one, mut other] = relations[index].large;
            while one != other {
                let depth = |vertex: u32| forest.get(&vertex).map_or(0, |node| node.depth);
                let deeper = if depth(one) >= depth(other) {
                    &mut one
                } else {
                    &mut other
                };
                let Some(node) = forest.get(deeper) else {
                    break;
                };
                cycle.push(node.edge);
                *deeper = node.parent;
            }
            Ok(cycle)
        })
        .collect()
}

fn poll_at(index: usize, control: &Control) -> Result<(), StopReason> {
    match index % BETWEEN_POLLS {
        0 => control.poll(),
        _ => Ok(()),
    }
}

/// A vertex of the forest.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u32,
    /// The relation between the vertex and its parent.
    edge: u32,
    /// 0 for roots.
    depth: u32,
}

fn forest(
    relations: &[Stored],
    edges: &Vertices<Vec<u32>>,
    control: &Control,
) -> Result<Vertices<Node>, StopReason> {
    let mut forest: Vertices<Node> = Vertices::default();
    // 1 first, then the components without it, in a fixed order.
    let mut starts: Vec<u32> = edges.keys().copied().collect();
    starts.sort_unstable();
    let mut visited = 0;
    for start in starts {
        if forest.contains_key(&start) {
            continue;
        }
        let root = Node {
            parent: start,
            edge: 0,
            depth: 0,
        };
        forest.insert(start, root);
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((vertex, depth)) = queue.pop_front() {
            poll_at(visited, control)?;
            visited += 1;
            for &edge in edges.get(&vertex).map_or(&[][..], Vec::as_slice) {
                let [one, other] = relations[edge as usize].large;
                let next = if one == vertex { other } else { one };
                if let std::collections::hash_map::Entry::Vacant(entry) = forest.entry(next) {
                    let depth = depth + 1;
                    entry.insert(Node {
                        parent: vertex,
                        edge,
                        depth,
                    });
                    queue.push_back((next, depth));
                }
            }
        }
    }
    Ok(forest)
}
