//! The eight methods of the validator that the specification's author ran in 1999. Servers and
//! clients of XML-RPC have been compared by them since:
//!
//!     cargo run -p xmlrpc-server --example validator1 -- [PORT]
//!
//! Prints its address, which is on loopback, and serves until it is killed.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::net::TcpListener;

use xmlrpc_server::front::hyper::Server;
use xmlrpc_server::{Fault, Service, Struct, Value};

type Numbers = BTreeMap<String, i32>;

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let mut out = io::stdout().lock();
    writeln!(out, "http://{}", listener.local_addr()?)?;
    out.flush()?;
    let mut service = Service::new();
    service.group("validator1", validator1()?)?;
    Ok(Server::new(listener, service)?.wait()?)
}

pub(crate) fn validator1() -> Result<Service, xmlrpc_server::Error> {
    let mut service = Service::new();
    service
        .register("arrayOfStructsTest", |structs: Vec<Numbers>| {
            structs
                .iter()
                .filter_map(|members| members.get("curly"))
                .sum::<i32>()
        })?
        .register("countTheEntities", |text: String| {
            let count = |entity| i32::try_from(text.matches(entity).count()).unwrap_or(i32::MAX);
            BTreeMap::from([
                ("ctLeftAngleBrackets".to_owned(), count('<')),
                ("ctRightAngleBrackets".to_owned(), count('>')),
                ("ctAmpersands".to_owned(), count('&')),
                ("ctApostrophes".to_owned(), count('\'')),
                ("ctQuotes".to_owned(), count('"')),
            ])
        })?
        .register("easyStructTest", |members: Numbers| sum(&members))?
        .register("echoStructTest", |members: Struct| members)?
        .register(
            "manyTypesTest",
            |a: Value, b: Value, c: Value, d: Value, e: Value, f: Value| vec![a, b, c, d, e, f],
        )?
        .register("moderateSizeArrayCheck", |texts: Vec<String>| {
            match (texts.first(), texts.last()) {
                (Some(first), Some(last)) => Ok(format!("{first}{last}")),
                _ => Err(Fault::application("an empty array has no first string")),
            }
        })?
        .register("nestedStructTest", |years: Struct| {
            let mut found = &years;
            for name in ["2000", "04", "01"] {
                match found.get(name) {
                    Some(Value::Struct(inner)) => found = inner,
                    _ => return Err(Fault::application("no 1 April 2000 in it")),
                }
            }
            let number = |name| match found.get(name) {
                Some(Value::Int(n)) => *n,
                _ => 0,
            };
            Ok(number("larry") + number("moe") + number("curly"))
        })?
        .register("simpleStructReturnTest", |n: i32| {
            BTreeMap::from([10, 100, 1000].map(|times| (format!("times{times}"), n * times)))
        })?;
    Ok(service)
}

fn sum(members: &Numbers) -> i32 {
    ["larry", "moe", "curly"]
        .iter()
        .filter_map(|name| members.get(*name))
        .sum()
}
