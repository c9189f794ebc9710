//! The example, as its first lines say how it is run, against a server.

mod server;

use std::path::PathBuf;
use std::process::Command;

use server::Server;

/// Cargo builds the examples beside the tests.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a test is an executable");
    let target = tests.ancestors().nth(2).expect("target/debug");
    target.join("examples").join(name)
}

#[test]
fn the_bank_loses_no_deposit_and_refuses_what_is_not_there() {
    let server = Server::start();
    for run in 1..=2 {
        let output = Command::new(example("bank"))
            .args([&server.url, "acme"])
            .output()
            .expect("the example is built");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        let lines = printed.lines().collect::<Vec<_>>();
        let cents = 800 + (run - 1) * 750;
        assert_eq!(lines[0], format!("deposited: {cents} cents"));
        assert_eq!(lines[1], format!("refused: there are only {cents} cents"));
        assert_eq!(lines.len(), 2 + run * 9);
        let last = format!("{:>3}  money.withdrawn  {:>5} cents", run * 9, cents - 50);
        assert_eq!(*lines.last().expect("there are lines"), last);
    }
}
