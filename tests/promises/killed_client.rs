//! P5: a client that is killed, and run again with the same journal.

use std::process::Command;
use std::time::Duration;

use reparte::{Journal, Options, Repartidor, XmlRpc};
use xmlrpc_client::ServerProxy;

use crate::{Nap, full, nap_server};
use test_support::{Ended, Running, TestDirectory};

/// The test that becomes the client when the environment variables below are set.
const NAME: &str = "killed_client::is_a_client";
const SERVERS: &str = "PROMISES_SERVERS";
const JOURNAL: &str = "PROMISES_JOURNAL";
const TASKS: &str = "PROMISES_TASKS";

/// The slots of both servers together.
const SLOTS: i32 = 4;

/// P5: only the calls in flight at a kill are executed again, and the output is that of a run
/// without a kill.
#[test]
fn p5_a_killed_client_continues_from_its_journal() {
    let (seeds, tasks, kills) = if full() { (40, 2000, 25) } else { (2, 200, 4) };
    let (mut killed, mut again) = (0, 0);
    for seed in 0..seeds {
        let (times, more) = kill_at_random(seed, tasks, kills);
        killed += times;
        again += more;
    }
    eprintln!(
        "P5: {killed} kills in {seeds} runs of {tasks} tasks; {again} tasks executed again, \
         of at most {}",
        killed * SLOTS
    );
}

/// Returns the number of kills, and the number of executions beyond one for each task.
fn kill_at_random(seed: u32, tasks: i32, kills: u32) -> (i32, i32) {
    let servers = [nap_server::start(2), nap_server::start(2)];
    let addresses = servers.each_ref().map(|(_, address)| address.as_str());
    let directory = TestDirectory::new(&format!("p5 {seed}"));
    let journal = directory.path("journal");
    // The time of all tasks, and of a program's start.
    let most =
        100 + 1000 * u32::try_from(tasks).unwrap() * NAP_MS / u32::try_from(SLOTS).unwrap() / 1000;
    let mut killed = 0;
    for n in 0..kills {
        let random = (seed * 7919 + n * 104_729).wrapping_mul(2_654_435_761) >> 8;
        let client = client(&addresses, &journal, tasks);
        std::thread::sleep(Duration::from_millis(u64::from(
            random % (most * 2 / kills),
        )));
        let ended = client.kill();
        if ended.status.success() {
            break;
        }
        killed += 1;
    }
    let ended = client(&addresses, &journal, tasks).end();
    ended.expect_code(0);
    let expected: Vec<i32> = (0..tasks).collect();
    assert_eq!(results(&ended), expected, "seed {seed}");
    let executions: i32 = addresses.iter().copied().map(executions).sum();
    assert!(
        (tasks..=tasks + killed * SLOTS).contains(&executions),
        "seed {seed}: {executions} executions of {tasks} tasks, {killed} kills"
    );
    // Run once more, the client executes nothing.
    let ended = client(&addresses, &journal, tasks).end();
    assert_eq!(results(ended.expect_code(0)), expected);
    assert_eq!(
        addresses.iter().copied().map(self::executions).sum::<i32>(),
        executions
    );
    (killed, executions - tasks)
}

const NAP_MS: u32 = 5;

/// Returns the number of calls that a server has begun to execute.
fn executions(address: &str) -> i32 {
    let proxy = ServerProxy::new(&format!("http://{address}")).unwrap();
    proxy.call("naps", ()).unwrap()
}

fn client(servers: &[&str], journal: &str, tasks: i32) -> Running {
    let this = std::env::current_exe().expect("a program knows its own path");
    let mut command = Command::new(this);
    command
        .args(["--exact", NAME, "--ignored", "--nocapture"])
        .env(SERVERS, servers.join(" "))
        .env(JOURNAL, journal)
        .env(TASKS, tasks.to_string());
    Running::start(command)
}

/// Returns the results that a client has printed.
fn results(ended: &Ended) -> Vec<i32> {
    let lines = ended.stdout.lines();
    let results = lines.filter_map(|line| line.strip_prefix("result "));
    results.map(|result| result.parse().unwrap()).collect()
}

#[test]
#[ignore = "a client that other tests start"]
#[allow(clippy::print_stdout, reason = "it is what the client is for")]
fn is_a_client() {
    let Ok(servers) = std::env::var(SERVERS) else {
        return;
    };
    let servers: Vec<&str> = servers.split(' ').collect();
    let tasks = std::env::var(TASKS).unwrap().parse().unwrap();
    let journal = Journal::open(std::env::var_os(JOURNAL).unwrap(), "nap").unwrap();
    let mut options = Options::default();
    // Only a kill may cause a second execution of a task.
    options.hedge = false;
    let servers = XmlRpc::list(&servers, "nap").unwrap();
    let mut reparto = Repartidor::<Nap, i32>::builder()
        .destinos(servers)
        .options(options)
        .journal(journal)
        .start()
        .unwrap();
    for n in 0..tasks {
        reparto.enviar((i32::try_from(NAP_MS).unwrap(), n)).unwrap();
    }
    println!();
    for result in reparto.terminar().unwrap() {
        println!("result {result}");
    }
}
