//! The cases that every event store is held to, `sdk/conformance/cases/event-store.json`: those that are
//! about what this client has.

mod calls;
mod expectations;
#[path = "../server/mod.rs"]
mod server;

use calls::run_step;
use entdb::EventStore;
use serde_json::Value;
use server::Server;

/// What this client has of what not every event store has.
const HAS: [&str; 2] = ["shared", "pages"];
const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../conformance/cases/event-store.json"
);

#[tokio::test]
async fn every_case() {
    let server = Server::start();
    let store = EventStore::connect(server.url.clone())
        .await
        .expect("it listens");
    let (mut cases, mut steps) = (0, 0);
    for case in cases_of_mine() {
        let name = case["name"].as_str().expect("a case has a name");
        for (place, step) in list(&case["steps"]).iter().enumerate() {
            let tenant = format!("case-{cases}");
            run_step(&store, &tenant, step)
                .await
                .unwrap_or_else(|wrong| panic!("{name}: step {}: {wrong}", place + 1));
            steps += 1;
        }
        cases += 1;
    }
    println!("conformance: {cases} cases, {steps} steps");
    assert!(cases > 20, "there are cases that this client can run");
}

fn cases_of_mine() -> Vec<Value> {
    let text = std::fs::read_to_string(CASES).expect("the cases are there");
    let family: Value = serde_json::from_str(&text).expect("they are JSON");
    let cases = list(&family["cases"]).iter().map(written_out);
    let needs = |case: &Value| {
        let needs = case["needs"].as_array().cloned().unwrap_or_default();
        needs.iter().all(|need| {
            HAS.iter()
                .any(|word| *word == need.as_str().unwrap_or_default())
        })
    };
    cases.filter(needs).collect()
}

/// Writes `{"$repeat": …, "times": n}` out: a text that many times, or a list of that many items.
fn written_out(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(written_out).collect(),
        Value::Object(members) => members.get("$repeat").map_or_else(
            || {
                let each = members.iter();
                let written = each.map(|(name, member)| (name.clone(), written_out(member)));
                Value::Object(written.collect())
            },
            |repeated| repeat(&written_out(repeated), &members["times"]),
        ),
        plain => plain.clone(),
    }
}

fn repeat(value: &Value, times: &Value) -> Value {
    let times = usize::try_from(times.as_u64().expect("a number")).expect("not many");
    match value {
        Value::String(text) => text.repeat(times).into(),
        list => vec![list[0].clone(); times].into(),
    }
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}
