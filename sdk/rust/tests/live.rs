//! The client against a server: the executable that `E2E_BINARY` names, or the repository's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use entdb::{Append, Error, Event, EventStore, NewEvent, Read, Subscribe};
use tonic::Code;

/// A server of its own in a directory of its own, gone with the test.
struct Server {
    child: Child,
    directory: PathBuf,
    url: String,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);

impl Server {
    fn start() -> Self {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("entdb-rust-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory of its own");
        let binary = std::env::var("E2E_BINARY").unwrap_or_else(|_| {
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/entdb").to_owned()
        });
        let mut child = Command::new(binary)
            .args([
                "serve",
                "--grpc-port",
                "0",
                "--http-port",
                "0",
                "--data-dir",
            ])
            .arg(directory.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the executable is there");
        let stderr = child.stderr.take().expect("it was asked for");
        let url = BufReader::new(stderr)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| ready_url(&line))
            .expect("it says where it listens");
        Self {
            child,
            directory,
            url,
        }
    }

    async fn store(&self) -> EventStore {
        EventStore::connect(self.url.clone())
            .await
            .expect("it listens")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn ready_url(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"grpc\":\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}

fn opened(aggregate: &str, events: u64) -> Append {
    let append = Append::new("acme", "Account", aggregate);
    (0..events).fold(append, |append, number| {
        let id = format!("{aggregate}-{number}");
        append.event(NewEvent::json(
            id,
            "account.changed",
            format!("{{\"n\":{number}}}"),
        ))
    })
}

fn nonces(events: &[Event]) -> Vec<u64> {
    let metas = events.iter().filter_map(|event| event.meta.as_ref());
    metas.map(|meta| meta.aggregate_nonce).collect()
}

#[tokio::test]
async fn what_is_appended_is_read_as_it_was() {
    let server = Server::start();
    let store = server.store().await;
    let event = NewEvent::json("e1", "account.opened", r#"{"owner":"Ä"}"#)
        .version(3)
        .correlated("c", "d")
        .headers([("trace".to_owned(), "1".to_owned())].into());
    let sent = event.meta.clone();
    let append = Append::new("acme", "Account", "Account-1").event(event);
    let appended = store.append(&append).await.expect("it is the first");
    assert_eq!(
        (appended.last_aggregate_nonce, appended.last_global_nonce),
        (1, 1)
    );
    let events = store
        .read_to_end(&Read::new("acme", "Account-1"))
        .await
        .expect("it is there");
    let [event] = events.as_slice() else {
        panic!("there is one event")
    };
    let meta = event.meta.as_ref().expect("events have an envelope");
    assert_eq!(event.payload, r#"{"owner":"Ä"}"#.as_bytes());
    assert_eq!((meta.aggregate_nonce, meta.global_nonce), (1, 1));
    assert_eq!(
        (meta.tenant_id.as_str(), meta.aggregate_id.as_str()),
        ("acme", "Account-1")
    );
    assert_eq!(meta.event_version, 3);
    assert_eq!(
        (meta.correlation_id.as_str(), meta.causation_id.as_str()),
        ("c", "d")
    );
    assert_eq!(meta.headers, sent.headers);
    assert_eq!(meta.timestamp_unix_ms, sent.timestamp_unix_ms);
    assert!(meta.recorded_time_unix_ms > 0);
}

#[tokio::test]
async fn a_conflict_tells_the_heads_that_there_are() {
    let server = Server::start();
    let store = server.store().await;
    store
        .append(&opened("a", 3))
        .await
        .expect("it is the first");
    store
        .append(&opened("b", 1))
        .await
        .expect("it is the first");
    let late = Append::new("acme", "Account", "a")
        .expecting(2)
        .event(NewEvent::json("late", "account.changed", "{}"));
    let error = store.append(&late).await.expect_err("it stands at 3");
    let Error::Conflict {
        actual_last_aggregate_nonce,
        actual_last_global_nonce,
        refusal,
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (*actual_last_aggregate_nonce, *actual_last_global_nonce),
        (3, 4)
    );
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::Aborted, "CONCURRENCY_CONFLICT")
    );
    assert!(!refusal.hint.is_empty() && !refusal.request_id.is_empty());
    assert!(!error.is_retryable());
    store
        .append(&late.expecting(3))
        .await
        .expect("decided again");
}

#[tokio::test]
async fn of_many_who_propose_one_nonce_one_wins() {
    let server = Server::start();
    let store = server.store().await;
    let proposals = (0..16).map(|number| {
        let store = store.clone();
        let event = NewEvent::json(format!("p{number}"), "account.opened", "{}");
        let append = Append::new("acme", "Account", "a").event(event);
        tokio::spawn(async move { store.append(&append).await })
    });
    let mut won = 0;
    for proposal in proposals.collect::<Vec<_>>() {
        match proposal.await.expect("nobody panics") {
            Ok(_) => won += 1,
            Err(Error::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn sent_again_it_happens_once() {
    let server = Server::start();
    let store = server.store().await;
    let plain = opened("a", 2);
    let keyed = plain.clone().idempotency_key("k");
    let first = store.append(&keyed).await.expect("it is the first");
    assert_eq!(store.append(&keyed).await.expect("the first answer"), first);
    assert_eq!(store.append(&plain).await.expect("the same events"), first);
    let other = Append::new("acme", "Account", "a")
        .idempotency_key("k")
        .event(NewEvent::json("other", "account.changed", "{}"));
    let Err(Error::Refused(refusal)) = store.append(&other).await else {
        panic!("the key is another's")
    };
    assert_eq!(refusal.code, Code::AlreadyExists);
    let events = store
        .read_to_end(&Read::new("acme", "a"))
        .await
        .expect("it is there");
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn aggregates_are_read_both_ways_in_pages() {
    let server = Server::start();
    let store = server.store().await;
    store
        .append(&opened("a", 7))
        .await
        .expect("it is the first");
    let read = Read::new("acme", "a").page_of(3);
    let page = store.read_stream(&read).await.expect("it is there");
    assert_eq!(
        (nonces(&page.events), page.is_end, page.next_from),
        (vec![1, 2, 3], false, 4)
    );
    let all = store.read_to_end(&read).await.expect("it is there");
    assert_eq!(nonces(&all), [1, 2, 3, 4, 5, 6, 7]);
    let back = store
        .read_to_end(&read.backward().from(5))
        .await
        .expect("it is there");
    assert_eq!(nonces(&back), [5, 4, 3, 2, 1]);
    let nobody = store
        .read_stream(&Read::new("acme", "nobody"))
        .await
        .expect("it is empty");
    assert!(nobody.events.is_empty() && nobody.is_end);
}

#[tokio::test]
async fn a_subscription_joins_what_was_and_what_comes() {
    let server = Server::start();
    let store = server.store().await;
    store
        .append(&opened("a", 3))
        .await
        .expect("it is the first");
    let mut events = store
        .subscribe(&Subscribe::new("acme").from(2))
        .await
        .expect("it opens");
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for number in 0..5 {
            // Longer than keep-alives are apart, so that some come in between.
            tokio::time::sleep(Duration::from_millis(250)).await;
            writer
                .append(&opened(&format!("b{number}"), 1))
                .await
                .expect("it is the first");
        }
    });
    for expected in 2..=8 {
        let event = events
            .next()
            .await
            .expect("it goes on")
            .expect("it does not end");
        assert_eq!(event.meta.expect("an envelope").global_nonce, expected);
    }
    assert_eq!(events.next_nonce(), 9);
    writing.await.expect("nobody panics");
    let prefixed = Subscribe::new("acme").prefix("b3");
    let mut events = store.subscribe(&prefixed).await.expect("it opens");
    let event = events
        .next()
        .await
        .expect("it goes on")
        .expect("it does not end");
    assert_eq!(event.meta.expect("an envelope").aggregate_id, "b3");
}

#[tokio::test]
async fn refusals_and_broken_connections_are_told_apart() {
    let server = Server::start();
    let store = server.store().await;
    let error = store.append(&Append::new("acme", "Account", "a")).await;
    let Err(Error::Refused(refusal)) = error else {
        panic!("there are no events")
    };
    assert_eq!(refusal.code, Code::InvalidArgument);
    let error = store.append(&Append::new("", "Account", "a")).await;
    let Err(Error::Refused(refusal)) = error else {
        panic!("there is no tenant")
    };
    assert_eq!(refusal.code, Code::Unauthenticated);
    let invalid = store.clone().with_credential("line\nbreak");
    assert!(matches!(invalid, Err(Error::Invalid(_))));
    drop(server);
    let error = store
        .append(&opened("a", 1))
        .await
        .expect_err("nobody is there");
    assert!(error.is_retryable(), "{error:?}");
    let nowhere = EventStore::connect("http://127.0.0.1:1").await;
    assert!(matches!(nowhere, Err(Error::Transport(_))));
}
