//! Units of sieving: what other machines compute, and what is refused of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use factorizar::{Control, Natural, QuadraticSieve, RelationError, SieveError, StopReason};

/// A product of two primes of 61 and 65 bits.
fn number() -> Natural {
    let primes = [(1u128 << 61) - 1, 36_893_488_147_419_103_183];
    &Natural::from(primes[0]) * &Natural::from(primes[1])
}

fn sieve() -> QuadraticSieve {
    QuadraticSieve::new(&number(), QuadraticSieve::VERSION).expect("a number for the sieve")
}

#[test]
fn units_in_any_order_and_from_any_machine_give_a_divisor() {
    let (one, other) = (sieve(), sieve());
    let mut relations = one.relations();
    let mut first = 0;
    while relations.found() < relations.needed() {
        for (machine, start) in [(&other, first + 3), (&one, first)] {
            let control = Control::new().threads(2);
            let packed = machine.sieve(start, 3, &control).unwrap();
            assert_eq!(packed, one.sieve(start, 3, &Control::new()).unwrap());
            assert!(relations.add(start, 3, &packed).unwrap() > 0);
            // The same unit again brings nothing new.
            assert_eq!(relations.add(start, 3, &packed), Ok(0));
        }
        first += 6;
    }
    let divisor = relations
        .divisor(&Control::new())
        .unwrap()
        .expect("a divisor");
    assert!(!divisor.is_one() && divisor != number());
    assert!(number().exact_quotient(&divisor).is_some());
    let late = Control::new().deadline(|| true);
    assert_eq!(
        one.sieve(0, 1, &late),
        Err(SieveError::Stopped(StopReason::OutOfTime))
    );
    assert_eq!(relations.divisor(&late), Err(StopReason::OutOfTime));
}

/// Each coefficient of a unit was begun, and its memory allocated, only to ask the control again.
#[test]
fn a_stopped_unit_begins_no_more_coefficients() {
    let sieve = sieve();
    let asked = Arc::new(AtomicUsize::new(0));
    for threads in [1, 3] {
        asked.store(0, Ordering::Relaxed);
        let count = Arc::clone(&asked);
        let control = Control::new().threads(threads).deadline(move || {
            count.fetch_add(1, Ordering::Relaxed);
            true
        });
        let stopped = SieveError::Stopped(StopReason::OutOfTime);
        assert_eq!(sieve.sieve(0, 2_000, &control), Err(stopped));
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked <= threads, "{asked} questions of {threads} threads");
    }
}

#[test]
fn relations_that_are_changed_are_refused_and_change_nothing() {
    let sieve = sieve();
    let packed = sieve.sieve(0, 2, &Control::new()).unwrap();
    let mut relations = sieve.relations();
    let mut refused = 0;
    for index in 0..packed.len() {
        for bit in [0, 3, 7] {
            let mut changed = packed.clone();
            changed[index] ^= 1 << bit;
            refused += usize::from(relations.add(0, 2, &changed).is_err());
            if relations.found() > 0 {
                // A bit that leaves the relation true, such as the order of its primes.
                relations = sieve.relations();
            }
        }
        let cut = relations.add(0, 2, &packed[..index]);
        assert!(cut.is_err(), "cut at {index}");
        assert_eq!(relations.found(), 0);
    }
    let changes = 3 * packed.len();
    assert!(
        refused * 100 > changes * 99,
        "{refused} of {changes} refused"
    );
    // Another unit's relations, and bytes behind the last.
    assert_eq!(
        relations.add(1, 2, &packed),
        Err(RelationError::WrongProduct)
    );
    let longer = [&packed[..], &[0]].concat();
    assert_eq!(relations.add(0, 2, &longer), Err(RelationError::OutOfRange));
    assert!(relations.add(0, 2, &packed).unwrap() > 0);
}

#[test]
fn the_base_of_a_sieve_can_be_stopped() {
    // The primes next above 10^48 and 10^50.
    let n = "1000000000000000000000000000000000000000000000193";
    let m = "100000000000000000000000000000000000000000000000151";
    let parse = |text: &str| text.parse::<Natural>().unwrap();
    let n = &parse(n) * &parse(m);
    let polls = Arc::new(AtomicUsize::new(0));
    let create = |limit: usize| {
        let asked = Arc::clone(&polls);
        asked.store(0, Ordering::Relaxed);
        let control =
            Control::new().deadline(move || asked.fetch_add(1, Ordering::Relaxed) >= limit);
        QuadraticSieve::new_with(&n, QuadraticSieve::VERSION, &control).err()
    };
    assert_eq!(create(usize::MAX), None);
    let all = polls.load(Ordering::Relaxed);
    assert!(all > 100, "{all} questions");
    for limit in [0, 1, all / 2, all - 1] {
        let stopped = SieveError::Stopped(StopReason::OutOfTime);
        assert_eq!(create(limit), Some(stopped), "{limit} of {all}");
        assert_eq!(polls.load(Ordering::Relaxed), limit + 1);
    }
}

#[test]
fn what_is_out_of_range_is_told() {
    let sieve = sieve();
    let units = sieve.units();
    let never = Control::new().deadline(|| true);
    for (first, count) in [(units, 1), (0, units + 1), (u64::MAX, 1), (1, u64::MAX)] {
        assert_eq!(
            sieve.sieve(first, count, &never),
            Err(SieveError::PastTheEnd { units })
        );
    }
    assert_eq!(sieve.sieve(units, 0, &never), Ok(Vec::new()));
    let new = |n: &Natural, version| QuadraticSieve::new(n, version).err();
    assert_eq!(new(&number(), 0), Some(SieveError::Version { version: 0 }));
    for (n, bits) in [
        (Natural::from(15u64), 4),
        (&number() << 1, 127),
        (Natural::from(3u64).pow(300), 476),
    ] {
        assert_eq!(
            new(&n, QuadraticSieve::VERSION),
            Some(SieveError::Number { bits })
        );
    }
    let even_smaller = number().mul_add_u64(101, 0);
    assert_eq!(
        new(&even_smaller, QuadraticSieve::VERSION),
        Some(SieveError::Factor { prime: 101 })
    );
}

#[test]
fn checked_relations_are_added_as_they_would_be_at_once() {
    let sieve = sieve();
    let packed = sieve.sieve(3, 4, &Control::new()).unwrap();
    let checked = sieve.check(3, 4, &packed).unwrap();
    let (mut one, mut other) = (sieve.relations(), sieve.relations());
    assert!(one.is_empty());
    assert_eq!(one.add_checked(&checked), checked.len());
    assert_eq!(other.add(3, 4, &packed), Ok(checked.len()));
    assert_eq!(one.len(), other.len());
    assert_eq!(one.found(), other.found());
    assert!(one.full() > 0 && one.full() < one.len());
    assert!((1..1_000).contains(&one.permille(one.needed())));
    assert!(one.permille(1) == 1_000);
}

#[test]
fn a_relation_that_is_repeated_is_refused() {
    let sieve = sieve();
    let packed = sieve.sieve(0, 1, &Control::new()).unwrap();
    // A varint of two bytes, and the relations.
    let len = usize::from(packed[0] & 0x7f) | usize::from(packed[1]) << 7;
    let relations = &packed[packed.len() - len..];
    assert_eq!(len + 2, packed.len());
    let twice = 2 * len;
    let mut repeated = vec![twice as u8 | 0x80, (twice >> 7) as u8];
    repeated.extend([relations, relations].concat());
    assert!(twice < 1 << 14);
    let refused = sieve.check(0, 1, &repeated).map(|checked| checked.len());
    assert_eq!(refused, Err(RelationError::Repeated));
}
