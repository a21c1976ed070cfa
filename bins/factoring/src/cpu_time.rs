//! The CPU time of a thread or of the process.

use std::time::Duration;

/// Returns the CPU time of this thread so far; `None` where the system does not tell it.
#[must_use]
pub fn of_thread() -> Option<Duration> {
    #[cfg(unix)]
    return read(rustix::time::ClockId::ThreadCPUTime);
    #[cfg(not(unix))]
    None
}

/// Returns the CPU time of this process so far; `None` where the system does not tell it.
#[must_use]
pub fn of_process() -> Option<Duration> {
    #[cfg(unix)]
    return read(rustix::time::ClockId::ProcessCPUTime);
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Option<Duration> {
    rustix::time::clock_gettime(clock).try_into().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_has_its_own_time_and_the_process_all() {
        let spend = || {
            let begun = of_thread().unwrap();
            while of_thread().unwrap() - begun < Duration::from_millis(20) {}
        };
        let (thread, process) = (of_thread().unwrap(), of_process().unwrap());
        thread::spawn(spend).join().unwrap();
        assert!(of_thread().unwrap() - thread < Duration::from_millis(20));
        assert!(of_process().unwrap() - process >= Duration::from_millis(20));
    }
}
