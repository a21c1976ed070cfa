//! The examples in the help texts. Those of a feature are in the builds that have it.

/// The examples of the command itself.
pub(crate) const COMMAND: &str = "\
Examples:
  reparte serve 9000 --function digits -- sh -c 'tr -cd 0-9 | wc -c' &
  reparte call localhost:9000 digits 'in 2005'
  reparte run localhost:9000 --function digits < lines.txt > counts.txt";

const RUN: &str = "\
Examples:
  seq 1000 | reparte run -- factor -- {}
  reparte run --input csv --output csv -- python3 area.py {width} {height} < in.csv
  seq 1000 | reparte run localhost:9000 2/other:9000 --function primes
  reparte run --servers hosts.txt --function upper --token-file token < in > out
  reparte run --servers hosts.txt --function upper --journal run.journal < in > out
  reparte run --servers hosts.txt --function upper --journal run.journal \
    --resumed skip < in >> out
  reparte run --servers hosts.txt --function upper --failed failed.txt < in > out";

const RUN_ENGINE: &str = "
  reparte run --engine redis://host --function upper --journal run.journal \
    --detach < in";

const RUN_SSH: &str = "
  seq 1000 | reparte run --ssh hosts.txt --with block.py -- python3 block.py {}";

const RUN_FACTORING: &str = "
  seq 20 | reparte run --local 2 --function factoriz_sum --output tsv";

#[cfg(unix)]
const SERVE: &str = "\
Examples:
  reparte serve 9000 --function digits -- sh -c 'tr -cd 0-9 | wc -c'
  reparte serve 9005 --function score --keep -- python3 worker.py
  reparte serve 9001 --function primes --workers 4 -- factor -- {}
  reparte serve 9002 --function find --user nobody -- grep -r -e {} /srv/texts
  reparte serve unix:/run/me/sort.sock --socket-mode 660 --function sort -- sort
  reparte serve 0.0.0.0:9000 --function upper --token-file token -- tr a-z A-Z
  reparte serve 0.0.0.0:0 --announce servers --function upper --token-file token -- tr a-z A-Z";

#[cfg(unix)]
const SERVE_ENGINE: &str = "
  reparte serve --engine redis://localhost --function primes -- factor -- {}
  reparte serve --engine redis://localhost --function factor --builtin";

/// Returns the examples of `reparte run`.
pub(crate) fn of_run() -> String {
    let parts = [
        (true, RUN),
        (cfg!(feature = "redis"), RUN_ENGINE),
        (cfg!(unix), RUN_SSH),
        (cfg!(feature = "factoring"), RUN_FACTORING),
    ];
    there(&parts)
}

/// Returns the examples of `reparte serve`.
#[cfg(unix)]
pub(crate) fn of_serve() -> String {
    there(&[(true, SERVE), (cfg!(feature = "redis"), SERVE_ENGINE)])
}

fn there(parts: &[(bool, &str)]) -> String {
    let parts = parts.iter().filter(|(is_there, _)| *is_there);
    parts.map(|(_, text)| *text).collect()
}
