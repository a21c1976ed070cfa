//! The command built without the feature `factoring`.
#![cfg(not(feature = "factoring"))]

mod common;

use common::run;

#[test]
fn local_servers_are_refused_with_the_remedy() {
    let arguments = ["run", "--local", "2", "--function", "factoriz_sum"];
    run(&arguments).expect_error(2, &["--local", "feature `factoring`"]);
}

#[test]
fn the_rest_works() {
    run(&[
        "run",
        "localhost:1",
        "--function",
        "f",
        "--tasks",
        "/dev/null",
    ])
    .expect("");
}
