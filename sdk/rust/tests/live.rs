//! The client against a server, besides what the cases of `sdk/conformance` say of every event store.

mod server;

use std::time::Duration;

use entdb::{Append, Error, EventStore, NewEvent, Read, Subscribe};
use server::Server;
use tonic::transport::Endpoint;
use tonic::Code;

async fn store_of(server: &Server) -> EventStore {
    EventStore::connect(server.url.clone())
        .await
        .expect("it listens")
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

#[tokio::test]
async fn what_is_appended_is_read_as_it_was() {
    let server = Server::start();
    let store = store_of(&server).await;
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
    let store = store_of(&server).await;
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
async fn a_subscription_joins_what_was_and_what_comes() {
    let server = Server::start();
    let store = store_of(&server).await;
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
    let store = store_of(&server).await;
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
    let large = NewEvent::new("e", "t", "text/plain", vec![b'x'; 5 * 1024 * 1024]);
    let error = store
        .append(&Append::new("acme", "Account", "a").event(large))
        .await
        .expect_err("no message holds it");
    let Error::Refused(refusal) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(refusal.reason, "MESSAGE_TOO_LARGE");
    assert!(!error.is_retryable());
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

#[tokio::test]
async fn a_credential_is_not_printed() {
    let channel = Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
    let store = EventStore::over(channel)
        .with_credential("edb_id_secret")
        .expect("a header can carry it");
    assert!(!format!("{store:?}").contains("secret"));
}
