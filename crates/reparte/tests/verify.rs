//! Answers that are checked before they count.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use fake_server::{PendingCall, fake_servers, next, send};
use reparte::{ErrorKind, Event, Options, Repartidor, ServerState, TaskErrorKind, from_fn};

fn is_square(n: &u32, square: &u32) -> Result<(), String> {
    match n * n == *square {
        true => Ok(()),
        false => Err(format!("{square} is not the square of {n}")),
    }
}

fn server(name: &str, error: u32) -> impl reparte::Destino<u32, u32> + use<> {
    from_fn(name, move |n: &u32| Ok(n * n + error))
}

#[test]
fn a_liar_is_named_and_its_tasks_run_elsewhere() {
    let servers = [
        server("liar", 1),
        server("honest", 0),
        server("other liar", 7),
    ];
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .verify(is_square)
        .start()
        .unwrap();
    let handle = reparto.handle();
    let events = handle.events(1000);
    send(&mut reparto, 0..40);
    assert_eq!(
        reparto.terminar().unwrap(),
        (0..40).map(|n| n * n).collect::<Vec<_>>()
    );
    let summary = handle.summary();
    for liar in [0, 2] {
        let liar = &summary.servers[liar];
        assert_eq!(
            (liar.state, liar.tasks, liar.executions),
            (ServerState::Quarantined, 0, 1)
        );
        assert_eq!(liar.failures["wrong"], 1);
        let error = liar.last_error.as_ref().unwrap();
        assert_eq!(error.kind(), ErrorKind::Wrong);
        assert!(error.message().contains("is not the square of"), "{error}");
    }
    assert_eq!(summary.failed_servers().count(), 2);
    let table = summary.to_string();
    assert!(
        table.ends_with("; in quarantine: liar, other liar"),
        "{table}"
    );
    let out = events.filter_map(|event| match event {
        Event::ServerOut { server, state, .. } => Some((server.to_string(), state)),
        _ => None,
    });
    let mut out: Vec<_> = out.collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    let named = |name: &str| (name.to_owned(), ServerState::Quarantined);
    assert_eq!(out, [named("liar"), named("other liar")]);
}

#[test]
fn a_wrong_answer_among_right_ones_is_enough() {
    let (servers, calls) = fake_servers(&[("a", 2), ("b", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .verify(is_square)
        .start()
        .unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 0..3);
    let mut held: Vec<PendingCall> = (0..3).map(|_| next(&calls)).collect();
    held.sort_by(|x, y| (&x.server, x.args).cmp(&(&y.server, y.args)));
    let last = held.pop().unwrap();
    let liar = held.pop().unwrap();
    let wrong = liar.args * liar.args + 1;
    liar.answer(Ok(wrong));
    // Its other call is heard out: what it brings is checked too.
    held.pop().unwrap().square();
    last.square();
    let again = next(&calls);
    assert_eq!(again.server, "b");
    again.square();
    assert_eq!(reparto.terminar().unwrap(), [0, 1, 4]);
    let summary = handle.summary();
    assert_eq!((summary.executions, summary.servers[0].tasks), (4, 1));
}

#[test]
fn when_all_are_liars_the_run_ends_and_says_so() {
    let servers = [server("a", 1), server("b", 2)];
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .verify(is_square)
        .start()
        .unwrap();
    let unsent = (0..100).find_map(|n| reparto.enviar(n).err()).unwrap();
    let text = unsent.to_string();
    assert!(
        text.contains("every server has given a wrong answer"),
        "{text}"
    );
    for line in ["\n  a: wrong: ", "\n  b: wrong: "] {
        assert!(text.contains(line), "{text}");
    }
    let incomplete = reparto.terminar().unwrap_err();
    let mut kinds = incomplete
        .outcomes()
        .iter()
        .map(|o| o.as_ref().unwrap_err().kind());
    assert!(kinds.all(|kind| kind == TaskErrorKind::NotRun));
    assert!(
        incomplete
            .to_string()
            .contains("every server has given a wrong answer")
    );
}

#[test]
fn a_check_that_panics_lets_nothing_through() {
    let mut options = Options::default();
    options.max_attempts = 2;
    let servers = [server("a", 0), server("b", 0)];
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .verify(|n, _| match n {
            2 => panic!("two is beyond me"),
            _ => Ok(()),
        })
        .start()
        .unwrap();
    send(&mut reparto, 0..4);
    let incomplete = reparto.terminar().unwrap_err();
    let outcomes = incomplete.outcomes();
    let error = outcomes[2].as_ref().unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Permanent);
    let last = &error.history()[0].error;
    assert_eq!(
        (last.kind(), last.message()),
        (ErrorKind::Panicked, "two is beyond me")
    );
    assert_eq!(outcomes.iter().flatten().count(), 3);
}
