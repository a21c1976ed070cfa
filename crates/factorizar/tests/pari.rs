//! Ten thousand numbers compared with PARI/GP, if it is installed: apt-get install pari-gp.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};

use factorizar::factor;

/// Returns the next number of Sebastiano Vigna's splitmix64 (2015), the same in every run.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[test]
#[ignore = "needs gp, and half a minute: cargo test --release -- --ignored"]
fn ten_thousand_random_numbers_as_pari() -> Result<(), Box<dyn Error>> {
    let mut state = 9;
    let numbers: Vec<u128> = (0..10_000)
        .map(|round| {
            let n = u128::from(splitmix(&mut state)) << 64 | u128::from(splitmix(&mut state));
            n >> (round % 89)
        })
        .collect();
    let gp = Command::new("gp")
        .args(["-q", "-f"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut gp = match gp {
        Ok(gp) => gp,
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("not compared: gp cannot be started: {error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    // One line a number: its primes, each as often as it divides.
    let mut script = "show(n) = { my(f = factor(n)); for(i = 1, #f~, for(j = 1, f[i,2], \
                      print1(f[i,1], \" \"))); print() };\n"
        .to_owned();
    for n in &numbers {
        script.push_str(&format!("show({n})\n"));
    }
    script.push_str("quit\n");
    let mut input = gp.stdin.take().ok_or("gp has no standard input")?;
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = gp.wait_with_output()?;
    writer.join().expect("the writer does not panic")?;
    let text = String::from_utf8(output.stdout)?;
    assert_eq!(text.lines().count(), numbers.len(), "{text}");
    for (n, line) in numbers.iter().zip(text.lines()) {
        assert_eq!(factor(*n).to_string(), line.trim_end(), "{n}");
    }
    Ok(())
}
