//! Serde's types over the network: a struct there, an enum or nothing back.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::collections::BTreeMap;

use peer::{answer, serve};
use serde::{Deserialize, Serialize};
use xmlrpc_client::{Error, Serde, ServerProxy};
use xmlrpc_wire::Limits;
use xmlrpc_wire::serde::{decode_call, encode_response};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Refused,
    Taken { number: u64 },
}

fn order() -> Order {
    Order {
        item: "sum".to_owned(),
        note: None,
    }
}

#[test]
fn a_struct_goes_there_and_an_enum_or_nothing_comes_back() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let mut reply = |document: Result<Vec<u8>, _>| {
            let request = peer.request();
            let document = String::from_utf8(document.unwrap()).unwrap();
            peer.send(answer("200 OK", &document));
            let read = decode_call::<(Order, u8)>(&request.body, &Limits::default());
            read.unwrap().1
        };
        [
            reply(encode_response(&State::Taken { number: 1 << 40 })),
            reply(encode_response(&None::<State>)),
            reply(encode_response(&7)),
        ]
    });
    let proxy = server.proxy();
    let call = |copies: u8| proxy.call::<Serde<Option<State>>>("order", (Serde(order()), copies));
    assert_eq!(call(1).unwrap().0, Some(State::Taken { number: 1 << 40 }));
    assert_eq!(call(2).unwrap().0, None);
    let error = call(3).unwrap_err();
    assert!(matches!(error, Error::Mismatch(_)), "{error}");
    assert_eq!(server.done(), [(order(), 1), (order(), 2), (order(), 3)]);
}

#[test]
fn arguments_that_cannot_be_sent_are_an_error_before_anything_is_sent() {
    let proxy = ServerProxy::new("localhost:1").unwrap();
    let pairs = || Serde(BTreeMap::from([((1, 2), 3)]));
    let reason = "a struct's member needs a name that is text";
    let error = proxy.call::<i32>("f", (1, pairs())).unwrap_err();
    assert!(matches!(error, Error::Unrepresentable(_)), "{error}");
    let text = format!("can't send the call: params[1] can't be sent: {reason}");
    assert_eq!(error.to_string(), text);
    let mut calls = proxy.multicall();
    calls.add("f", (1,)).add("f", (pairs(),)).add("f", (3,));
    let error = calls.call().unwrap_err();
    let text = format!("can't send the call: params[0][1].params[0] can't be sent: {reason}");
    assert_eq!(error.to_string(), text);
}
