//! Types of serde through published functions.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xmlrpc_server::{Serde, Service};
use xmlrpc_wire::serde::{decode_response, encode_call};
use xmlrpc_wire::{Fault, Limits};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Refused,
    Taken { number: u64 },
}

fn service() -> Service {
    let mut service = Service::new();
    service
        .register("order", |Serde(order): Serde<Order>| {
            Serde(match order.count {
                0 => State::Refused,
                count => State::Taken {
                    number: u64::from(count) << 32,
                },
            })
        })
        .and_then(|s| {
            s.register("note", |order: Serde<Order>, copies: u8| {
                let note = order.0.note.map(|note| note.repeat(copies.into()));
                Ok::<_, Fault>(Serde(note))
            })
        })
        .unwrap();
    service
}

fn call<P: Serialize, R: for<'a> Deserialize<'a>>(method: &str, params: &P) -> Result<R, Fault> {
    let answer = service().answer(&encode_call(method, params).unwrap());
    decode_response(&answer, &Limits::default()).unwrap()
}

#[test]
fn a_struct_goes_in_and_an_enum_or_nothing_comes_out() {
    let mut order = Order {
        item: "sum".to_owned(),
        count: 3,
        note: None,
    };
    let taken = State::Taken { number: 3 << 32 };
    assert_eq!(call("order", &(&order,)), Ok(taken));
    assert_eq!(call("note", &(&order, 2)), Ok(None::<String>));
    order.note = Some("ab".to_owned());
    assert_eq!(call("note", &(&order, 2)), Ok(Some("abab".to_owned())));
    order.count = 0;
    assert_eq!(call("order", &(&order,)), Ok(State::Refused));
}

#[test]
fn what_does_not_fit_the_type_is_a_fault_that_says_where() {
    #[derive(Serialize)]
    struct Other {
        item: String,
        count: i32,
    }
    let other = Other {
        item: String::new(),
        count: -1,
    };
    let fault = call::<_, State>("order", &(other,)).unwrap_err();
    assert_eq!(fault.code, Fault::INVALID_PARAMS);
    assert!(fault.message.contains("count"), "{fault}");
}

#[test]
fn a_result_that_cannot_be_sent_is_a_fault() {
    let mut service = Service::new();
    let pairs = || Serde(BTreeMap::from([((1, 2), 3)]));
    service.register("pairs", pairs).unwrap();
    let answer = service.answer(&encode_call("pairs", &()).unwrap());
    let answer = decode_response::<()>(&answer, &Limits::default()).unwrap();
    let text = "method \"pairs\": the result can't be sent: \
                a struct's member needs a name that is text";
    assert_eq!(answer, Err(Fault::new(Fault::INTERNAL, text)));
}
