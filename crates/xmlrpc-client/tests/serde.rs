//! Serde's types over the network: a struct there, an enum or nothing back.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use peer::{answer, serve};
use serde::{Deserialize, Serialize};
use xmlrpc_client::{Error, Serde};
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
