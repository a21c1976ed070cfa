//! The functions `factoriz_sum` and `factor` of the servers, and the limits on their work.

mod common;

use common::server;
use xmlrpc_client::{Error, ServerProxy, Value};

/// The two programs that publish them. The servers of `--local` are like the second.
const SERVERS: [&str; 2] = ["serv_lineal", "serv_processes"];

/// 360 times two primes of 59 bits: some milliseconds of work.
const LONG: u128 = 360 * HARD;
const HARD: u128 = 576_460_752_303_423_433 * 576_460_752_303_423_389;

fn proxy(address: &str) -> ServerProxy {
    ServerProxy::new(&format!("http://{address}")).expect("a good address")
}

/// Makes a call that must fail, and returns the fault's text.
#[track_caller]
fn fault(proxy: &ServerProxy, method: &str, n: &str) -> String {
    match proxy.call::<Value>(method, (n,)) {
        Err(Error::Fault(fault)) => {
            assert_eq!(fault.code, 1, "{fault}");
            fault.message
        }
        other => panic!("{method}({n}): not a fault but {other:?}"),
    }
}

#[test]
fn the_factors_are_published_beside_their_sum() {
    for name in SERVERS {
        let (_serv, address) = server(name, &[]);
        let proxy = proxy(&address);
        let largest = "340282366920938463463374607431768211455";
        for (n, primes) in [
            ("1", vec![]),
            ("12", vec!["2", "2", "3"]),
            ("23434252232434", vec!["2", "409", "443", "1327", "48733"]),
            (
                largest,
                "3 5 17 257 641 65537 274177 6700417 67280421310721"
                    .split(' ')
                    .collect(),
            ),
        ] {
            let factors: Vec<String> = proxy.call("factor", (n,)).expect("an answer");
            assert_eq!(factors, primes, "{name}");
            let sum: String = proxy.call("factoriz_sum", (n,)).expect("an answer");
            let of_primes: u128 = primes.iter().map(|p| p.parse::<u128>().unwrap()).sum();
            assert_eq!(sum, of_primes.to_string(), "{name}");
        }
        let factors: Vec<String> = proxy.call("factor", (12,)).expect("an answer");
        assert_eq!(factors, ["2", "2", "3"]);
        assert!(fault(&proxy, "factor", "0").contains("from 1 on"));
        // 2^128 and 10^100, the largest numbers of two words and of 100 digits, plus one.
        let beyond = "340282366920938463463374607431768211456";
        let sum: String = proxy.call("factoriz_sum", (beyond,)).expect("an answer");
        assert_eq!(sum, "256", "{name}");
        let beyond = fault(&proxy, "factor", &format!("1{}", "0".repeat(100)));
        assert!(
            beyond.contains("has 101 digits, and this server takes 100"),
            "{beyond}"
        );
        for (method, gives) in [("factor", "array"), ("factoriz_sum", "string")] {
            let help: String = proxy.call("system.methodHelp", (method,)).expect("help");
            assert!(help.contains("prime factors"), "{method}: {help}");
            let signatures: Vec<Vec<String>> = proxy
                .call("system.methodSignature", (method,))
                .expect("a signature");
            assert_eq!(signatures, [[gives, "string"]], "{method}");
        }
    }
}

#[test]
fn a_number_of_too_many_digits_is_refused_with_the_limit() {
    for name in SERVERS {
        let (_serv, address) = server(name, &["--max-digits", "14"]);
        let proxy = proxy(&address);
        let sum: String = proxy.call("factoriz_sum", ("23434252232434",)).unwrap();
        assert_eq!(sum, "50914");
        for method in ["factor", "factoriz_sum"] {
            let text = fault(&proxy, method, "123434252232434");
            for part in ["has 15 digits", "takes 14 at most", "--max-digits"] {
                assert!(text.contains(part), "no {part:?} in: {text}");
            }
        }
    }
}

#[test]
fn a_call_beyond_its_time_gets_the_factors_found_so_far() {
    for name in SERVERS {
        let (_serv, address) = server(name, &["--max-seconds", "0.000001"]);
        let proxy = proxy(&address);
        for method in ["factor", "factoriz_sum"] {
            let text = fault(&proxy, method, &LONG.to_string());
            let expected = format!("out of time: found 2 2 2 3 3 5, left {HARD} unfactored");
            for part in [&expected, "for 0.000001 s at most", "--max-seconds"] {
                assert!(text.contains(part), "no {part:?} in: {text}");
            }
        }
        // A call that takes no time still gets its answer.
        let sum: String = proxy.call("factoriz_sum", ("12",)).expect("an answer");
        assert_eq!(sum, "7");
    }
}
