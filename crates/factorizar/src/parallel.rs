//! Independent pieces of work on several threads.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs `work` in `threads` threads, the calling one included, or in fewer if the system starts no
/// more. Returns once all have ended.
///
/// # Panics
///
/// If `work` panics, after the other threads have ended.
pub(crate) fn on_threads(threads: usize, work: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 1..threads {
            if thread::Builder::new().spawn_scoped(scope, &work).is_err() {
                break;
            }
        }
        work();
    });
}

/// Returns the results of `work` for 0 to `count`, in this order, computed by `threads` threads,
/// the calling one included, or by fewer if the system starts no more.
///
/// A thread that is done with an index takes the next one, so that a long piece of work delays no
/// other.
///
/// # Panics
///
/// If `work` panics: the panic goes on in the calling thread, after the other threads have ended.
pub(crate) fn in_parallel<R: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            // Relaxed: the counter gives each index to one thread, and orders nothing else. The
            // results are handed over by `join`.
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut results = thread::scope(|scope| {
        // A thread that can't be started leaves its part to the others.
        let start = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..threads).map_while(start).collect();
        let mut results = run();
        for other in others {
            match other.join() {
                Ok(done) => results.extend(done),
                Err(payload) => panic::resume_unwind(payload),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
