//! The builder: what may be repeated adds up, and a second setting replaces the first.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use reparte::{
    CallError, Destino, Error, ErrorKind, Options, Repartidor, RepartidorBuilder, ServerState,
    from_fn,
};

fn server(name: &str) -> impl Destino<u32, u32> + use<> {
    from_fn(name, |n: &u32| Ok(n * n))
}

fn refusing(name: &str) -> impl Destino<u32, u32> + use<> {
    from_fn(name, |_: &u32| {
        Err(CallError::new(ErrorKind::Refused, "on purpose"))
    })
}

/// Returns the name and the state of each server at the start.
fn servers(run: RepartidorBuilder<u32, u32>) -> Vec<(String, ServerState)> {
    let summary = run.start().unwrap().summary();
    let servers = summary.servers.iter();
    servers
        .map(|server| (server.name.to_string(), server.state))
        .collect()
}

#[test]
fn destinations_and_fallbacks_add_up_in_order() {
    let run = Repartidor::builder()
        .fallback(server("d"))
        .destinos([server("a"), server("b")])
        .fallback(server("e"))
        .destinos([Box::new(server("c")) as Box<dyn Destino<u32, u32>>]);
    let expected = [
        ("a", ServerState::Up),
        ("b", ServerState::Up),
        ("c", ServerState::Up),
        ("d", ServerState::Reserve),
        ("e", ServerState::Reserve),
    ]
    .map(|(name, state)| (name.to_owned(), state));
    assert_eq!(servers(run), expected);
}

#[test]
fn all_fallbacks_are_used_once_no_server_is_left() {
    let mut reparto = Repartidor::builder()
        .destinos([refusing("a")])
        .fallback(server("b"))
        .fallback(server("c"))
        .start()
        .unwrap();
    let handle = reparto.handle();
    for n in 0..20 {
        reparto.enviar(n).unwrap();
    }
    assert_eq!(reparto.terminar().unwrap().len(), 20);
    let summary = handle.summary();
    let states: Vec<_> = summary.servers.iter().map(|server| server.state).collect();
    assert_eq!(states, [ServerState::Out, ServerState::Up, ServerState::Up]);
}

#[test]
fn a_second_setting_replaces_the_first() {
    let mut few = Options::default();
    few.max_attempts = 1;
    let mut more = Options::default();
    more.max_attempts = 3;
    let broken = |_: &u32| Err::<u32, _>(CallError::new(ErrorKind::Malformed, "on purpose"));
    let mut reparto = Repartidor::builder()
        .destinos(["a", "b"].map(|name| from_fn(name, broken)))
        .options(few)
        .options(more)
        .start()
        .unwrap();
    reparto.enviar(1).unwrap();
    let incomplete = reparto.terminar().unwrap_err();
    assert_eq!(incomplete.outcomes()[0].as_ref().unwrap_err().calls(), 3);

    let mut reparto = Repartidor::builder()
        .destinos([server("a")])
        .verify(|_, _| Err("never right".to_owned()))
        .verify(|_, _| Ok(()))
        .start()
        .unwrap();
    reparto.enviar(3).unwrap();
    assert_eq!(reparto.terminar().unwrap(), [9]);
}

#[test]
fn fallbacks_alone_are_no_servers() {
    let run = Repartidor::builder().fallback(server("a"));
    assert!(format!("{run:?}").contains("fallbacks: [\"a\"]"), "{run:?}");
    assert!(matches!(run.start(), Err(Error::NoServers)));
}
