//! The cost of hostile inputs, journals and lists of servers: CPU time in proportion to their
//! size, and bounded memory.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::fs;

use cost_support::{Clock, PeakAlloc, Proportion};
use reparte::{Journal, XmlRpc};
use xmlrpc_client::Options;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Returns a record as docs/journal.md has it.
fn record(task: u64, result: &[u8]) -> Vec<u8> {
    let content = [&task.to_le_bytes()[..], &[0; 8], result].concat();
    let mut frame = (content.len() as u32).to_le_bytes().to_vec();
    frame.extend(crc32fast::hash(&content).to_le_bytes());
    frame.extend(crc32fast::hash(&frame).to_le_bytes());
    [frame, content].concat()
}

/// Returns a frame that announces this length, and has a checksum that no content has.
fn frame(length: u32) -> Vec<u8> {
    let mut frame = length.to_le_bytes().to_vec();
    frame.extend([1; 4]);
    frame.extend(crc32fast::hash(&frame).to_le_bytes());
    frame
}

fn repeated(piece: &[u8], size: usize) -> Vec<u8> {
    piece.iter().copied().cycle().take(size).collect()
}

#[test]
fn a_journal_costs_in_proportion_to_its_bytes() {
    let folder = std::env::temp_dir().join(format!("reparte-cost-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("journal");
    drop(Journal::<String, String>::open(&path, "f").unwrap());
    let header = fs::read(&path).unwrap();
    type Shape = (&'static str, usize, fn(usize) -> Vec<u8>);
    let shapes: [Shape; 9] = [
        // Their places are kept: some 20 bytes each, in a table that doubles.
        ("the shortest records", 4, |size| {
            let records = (0..size as u64 / 28).map(|task| record(task, b""));
            records.flatten().collect()
        }),
        ("one record twice", 0, |size| {
            repeated(&record(1, b""), size)
        }),
        // A buffer that grows to it has its last size and the next at once.
        ("a long record", 3, |size| record(1, &vec![b'x'; size])),
        ("long records", 1, |size| {
            let records = (0..16).map(|task| record(task, &vec![b'x'; size / 16]));
            records.flatten().collect()
        }),
        ("a length beyond the end", 0, |size| {
            [frame(u32::MAX), vec![b'x'; size]].concat()
        }),
        ("a record that is damaged", 3, |size| {
            [frame(size as u32), vec![b'x'; size]].concat()
        }),
        ("frames alone", 0, |size| repeated(&frame(16), size)),
        ("zeros", 0, |size| vec![0; size]),
        ("no records", 0, |size| vec![b'x'; size]),
    ];
    for (name, bytes_per_byte, make) in shapes {
        let bound = Proportion::of(name).clock(Clock::Thread);
        let make = |size: usize| {
            let made = folder.join(size.to_string());
            fs::write(&made, [&header[..], &make(size)].concat()).unwrap();
            made
        };
        bound
            .bytes_per_byte(bytes_per_byte)
            .check(1 << 22, make, |made| {
                // A torn record is cut off: each run has a copy.
                fs::copy(made, &path).unwrap();
                drop(Journal::<String, String>::open(&path, "f"));
            });
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// A list comes from a file, and used to cost time by the square of its length.
#[test]
fn a_list_of_servers_costs_in_proportion_to_its_length() {
    let list = |count| {
        let addresses = (0..count).map(|n| format!("host{n}:9000"));
        // With an error at the end, no server gets a client, which would cost the most.
        addresses.chain(["without-a-port".to_owned()]).collect()
    };
    let bound = Proportion::of("servers").clock(Clock::Thread);
    bound
        .bytes_per_byte(256)
        .check(20_000, list, |servers: &Vec<String>| {
            let error = XmlRpc::list_with(servers, "f", &Options::default());
            assert!(error.is_err());
        });
}
