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

/// The help had examples of flags that the build lacks.
#[cfg(not(feature = "redis"))]
#[test]
fn help_names_no_flag_of_another_build() {
    for subcommand in ["run", "serve"] {
        let help = run(&[subcommand, "--help"]).stdout;
        assert!(!help.contains("--engine"), "{help}");
        assert!(!help.contains("factoriz_sum --output"), "{help}");
    }
}
