//! The relations collected so far, and the number of independent cycles among them.
//!
//! A relation without large primes serves as it is. Others are edges of a graph: between its large
//! prime and 1, or between its two large primes. A cycle of edges multiplies to a square of large
//! primes. The number of independent cycles is that of edges less vertices plus components.
//!
//! Cost: three hash lookups for each relation, and some 60 bytes to keep it.
//!
//! Source: Arjen K. Lenstra and Mark S. Manasse, "Factoring with two large primes", Mathematics of
//! Computation 63 (1994).

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use crate::integer_hasher::IntegerHasher;
use crate::siqs::family::Family;
use crate::siqs::instance::Instance;
use crate::siqs::relation::{Relation, RelationError, unpack};

/// A stored relation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored {
    /// Its place among the bytes of its family.
    place: u32,
    /// The large primes; 1 for none.
    pub(super) large: [u32; 2],
}

/// The stored relations of a family, which are one after another.
#[derive(Debug, Clone, Copy)]
struct StoredFamily {
    number: u64,
    /// The index of its first relation.
    first: usize,
    /// Its place among the packed bytes.
    start: usize,
}

type Hash = BuildHasherDefault<IntegerHasher>;

/// The relations collected so far.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) relations: Vec<Stored>,
    /// In the order of their relations. None is empty.
    families: Vec<StoredFamily>,
    packed: Vec<u8>,
    /// A hash of u of each relation: different families may give the same relation.
    seen: HashSet<u64, Hash>,
    /// The parent of each large prime in the forest of its component; roots have none.
    parents: HashMap<u32, u32, Hash>,
    /// Number of vertices other than 1, and of components other than that of 1.
    vertices: usize,
    components: usize,
    /// Number of relations without large primes.
    whole: usize,
}

/// The relations of a family, checked and ready for the store.
#[derive(Debug, Default)]
pub(super) struct Checked {
    family: u64,
    packed: Vec<u8>,
    /// For each relation: its length, a hash of u, its large primes.
    relations: Vec<(u16, u64, [u32; 2])>,
}

impl Checked {
    /// Checks packed relations of a family.
    ///
    /// # Errors
    ///
    /// The reason why they are refused, all of them.
    pub(super) fn new(
        packed: Vec<u8>,
        instance: &Instance,
        number: u64,
        family: &Family,
    ) -> Result<Self, RelationError> {
        let mut relations = Vec::new();
        let mut rest = packed.as_slice();
        let mut last = None;
        while !rest.is_empty() {
            let before = rest.len();
            let relation = unpack(&mut rest, instance, family, &mut last)?;
            let [low, next, ..] = relation.square_root.limbs();
            let hash = low ^ next.rotate_left(32);
            relations.push(((before - rest.len()) as u16, hash, relation.large));
        }
        Ok(Checked {
            family: number,
            packed,
            relations,
        })
    }
}

impl Checked {
    /// Returns the number of relations.
    pub(super) fn len(&self) -> usize {
        self.relations.len()
    }

    /// Returns whether a relation is there twice. A sieve finds each once: the polynomials of a
    /// family have different values of u modulo a.
    pub(super) fn repeats_a_relation(&self) -> bool {
        let mut hashes: Vec<u64> = self.relations.iter().map(|&(_, hash, _)| hash).collect();
        hashes.sort_unstable();
        hashes.windows(2).any(|pair| pair[0] == pair[1])
    }
}

impl Store {
    /// Adds the relations of a family, without those that it has.
    pub(super) fn add(&mut self, checked: &Checked) {
        let family = StoredFamily {
            number: checked.family,
            first: self.relations.len(),
            start: self.packed.len(),
        };
        let mut start = 0;
        for &(len, hash, large) in &checked.relations {
            let bytes = &checked.packed[start..start + usize::from(len)];
            start += usize::from(len);
            if !self.seen.insert(hash) {
                continue;
            }
            if self.relations.len() == family.first {
                self.families.push(family);
            }
            self.relations.push(Stored {
                place: (self.packed.len() - family.start) as u32,
                large,
            });
            self.packed.extend_from_slice(bytes);
            match large {
                [1, 1] => self.whole += 1,
                _ => self.connect(large),
            }
        }
    }

    fn connect(&mut self, large: [u32; 2]) {
        for vertex in large {
            if vertex != 1 && !self.parents.contains_key(&vertex) {
                self.parents.insert(vertex, vertex);
                self.vertices += 1;
                self.components += 1;
            }
        }
        let [one, other] = large.map(|vertex| self.root(vertex));
        if one != other {
            // 1 stays the root of its component.
            let (child, parent) = if one == 1 { (other, one) } else { (one, other) };
            self.parents.insert(child, parent);
            self.components -= 1;
        }
    }

    /// Returns the root of a vertex, and shortens its path.
    fn root(&mut self, vertex: u32) -> u32 {
        let parent_of =
            |store: &Self, vertex: u32| store.parents.get(&vertex).copied().unwrap_or(vertex);
        let mut root = vertex;
        while parent_of(self, root) != root {
            root = parent_of(self, root);
        }
        let mut vertex = vertex;
        while vertex != root {
            let next = parent_of(self, vertex);
            self.parents.insert(vertex, root);
            vertex = next;
        }
        root
    }

    /// Returns the number of independent cycles, relations without large primes included.
    pub(super) fn cycles(&self) -> usize {
        self.relations.len() + self.components - self.vertices
    }

    /// Returns the number of relations without large primes.
    pub(super) fn whole(&self) -> usize {
        self.whole
    }

    /// Estimates the part of the sieving that is done, in thousandths.
    ///
    /// Relations without large primes grow with the time, and cycles of others with this power of it.
    pub(super) fn permille(&self, needed: usize, power: f64) -> u16 {
        let whole = self.whole as f64;
        let closed = self.cycles().saturating_sub(self.whole) as f64;
        let at_the_end = |part: f64| whole / part + closed / part.powf(power);
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..20 {
            let middle = (low + high) / 2.0;
            if at_the_end(middle) > needed as f64 {
                low = middle;
            } else {
                high = middle;
            }
        }
        (1_000.0 * high) as u16
    }

    /// Returns the number of the family of the relation with this index.
    pub(super) fn family_of(&self, index: usize) -> Option<u64> {
        self.stored_family(index).map(|family| family.number)
    }

    fn stored_family(&self, index: usize) -> Option<&StoredFamily> {
        let next = self
            .families
            .partition_point(|family| family.first <= index);
        self.families.get(next.checked_sub(1)?)
    }

    /// Reads the relation with this index again.
    ///
    /// # Errors
    ///
    /// None for relations of this store, which were checked.
    pub(super) fn read(
        &self,
        index: usize,
        instance: &Instance,
        family: &Family,
    ) -> Result<Relation, RelationError> {
        let start = self.stored_family(index).zip(self.relations.get(index));
        let start = start.map(|(family, stored)| family.start + stored.place as usize);
        let bytes = start.and_then(|start| self.packed.get(start..));
        unpack(&mut bytes.unwrap_or_default(), instance, family, &mut None)
    }
}
