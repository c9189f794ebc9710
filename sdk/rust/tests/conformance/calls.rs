//! The calls of cases in this client's words.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use entdb::{Append, Error, EventStore, NewEvent, Read, Subscribe};
use serde_json::{json, Value};
use tokio::task::JoinSet;

use crate::expectations::{case_appended, case_event, difference, only_member};

/// What a call came to: a result, or why there is none.
type Outcome = Result<Value, Error>;

static MADE: AtomicU64 = AtomicU64::new(0);

/// Makes a step's call, as often as it says, and looks at what came of it.
pub async fn run_step(store: &EventStore, tenant: &str, step: &Value) -> Result<(), String> {
    let mut calls = JoinSet::new();
    let times = step["times"].as_u64().unwrap_or(1);
    for _ in 0..times {
        calls.spawn(call(store.clone(), tenant.to_owned(), step.clone()));
    }
    let outcomes = calls.join_all().await;
    let refused = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    let wanted = step["succeed"].as_u64();
    let wanted = wanted.unwrap_or(if step["error"].is_null() { times } else { 0 });
    if (outcomes.len() - refused) as u64 != wanted && step["error"].is_object() {
        return Err(format!("{refused} of {times} were refused"));
    }
    for outcome in outcomes {
        match outcome {
            Ok(result) => check_result(step, result)?,
            Err(error) => check_error(&step["error"], &error)?,
        }
    }
    Ok(())
}

fn check_result(step: &Value, result: Value) -> Result<(), String> {
    let Some(expected) = step.get("expect") else {
        return Ok(());
    };
    let seen = only_member(result, &step["only"]);
    difference(expected, &seen, "result").map_or(Ok(()), Err)
}

fn check_error(expected: &Value, error: &Error) -> Result<(), String> {
    let (refusal, details) = match error {
        Error::Conflict {
            actual_last_aggregate_nonce,
            actual_last_global_nonce,
            refusal,
        } => {
            let heads = json!({
                "actual_last_aggregate_nonce": actual_last_aggregate_nonce.to_string(),
                "actual_last_global_nonce": actual_last_global_nonce.to_string(),
            });
            (refusal, heads)
        }
        Error::Refused(refusal) => (refusal, json!({})),
        other => return Err(format!("{other:?}")),
    };
    if expected["reason"] != refusal.reason.as_str() {
        return Err(format!("expected {expected}, got {refusal:?}"));
    }
    let expected = expected.get("details").cloned().unwrap_or(json!({}));
    difference(&expected, &details, "details").map_or(Ok(()), Err)
}

/// Boxed, as subscriptions make calls while they are open.
fn call(
    store: EventStore,
    tenant: String,
    step: Value,
) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
    Box::pin(async move {
        match text(&step["call"]).as_str() {
            "events.append" => append(&store, &tenant, &step).await,
            "events.read_aggregate" => read(&store, &tenant, &step).await,
            "events.subscribe" => subscribe(&store, &tenant, &step).await,
            other => panic!("there is no call {other}"),
        }
    })
}

async fn append(store: &EventStore, tenant: &str, step: &Value) -> Outcome {
    let json = &step["appends"][0];
    let aggregate = &json["aggregate"];
    let kind = json["type"].as_str().unwrap_or("Account");
    let events = match json["events"].as_u64() {
        Some(count) => vec![json!({}); usize::try_from(count).expect("not many")],
        None => json["events"].as_array().cloned().expect("events"),
    };
    let begun = Append::new(tenant, kind, text(aggregate))
        .expecting(json["expected"].as_u64().unwrap_or(0))
        .idempotency_key(text(&step["key"]));
    let append = events
        .iter()
        .fold(begun, |append, event| append.event(new_event(event)));
    let appended = store.append(&append).await?;
    Ok(case_appended(aggregate, appended, events.len() as u64))
}

fn new_event(json: &Value) -> NewEvent {
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let id = json["id"]
        .as_str()
        .map_or(format!("own-{number}"), str::to_owned);
    let kind = json["type"].as_str().unwrap_or("account.credited");
    let data = json.get("data").map(Value::to_string);
    let otherwise = if data.is_some() {
        "application/json"
    } else {
        ""
    };
    let content_type = json["content_type"].as_str().unwrap_or(otherwise);
    let payload = data.map_or_else(
        || STANDARD.decode(text(&json["payload"])).expect("base64"),
        String::into_bytes,
    );
    let mut event = NewEvent::new(id, kind, content_type, payload);
    let version = json["version"].as_u64().unwrap_or(1);
    event.meta.event_version = u32::try_from(version).expect("32 bits");
    event.meta.content_schema = text(&json["content_schema"]);
    event.meta.correlation_id = text(&json["correlation_id"]);
    event.meta.causation_id = text(&json["causation_id"]);
    event.meta.actor_id = text(&json["actor_id"]);
    event.meta.timestamp_unix_ms = json["timestamp"].as_u64().unwrap_or(0);
    let headers = json["headers"].as_object().into_iter().flatten();
    event.meta.headers = headers
        .map(|(name, value)| (name.clone(), text(value)))
        .collect::<HashMap<_, _>>();
    event
}

async fn read(store: &EventStore, tenant: &str, step: &Value) -> Outcome {
    let size = step["page_size"].as_u64().unwrap_or(0);
    let read = Read::new(tenant, text(&step["aggregate"]))
        .from(nonce(&step["from_nonce"]))
        .page_of(u32::try_from(size).expect("32 bits"));
    let read = if step["backwards"] == true {
        read.backward()
    } else {
        read
    };
    if step["page"] != true {
        let events = store.read_to_end(&read).await?;
        return Ok(events.iter().map(case_event).collect());
    }
    let page = store.read_stream(&read).await?;
    let events: Value = page.events.iter().map(case_event).collect();
    Ok(json!({ "events": events, "end": page.is_end, "next": page.next_from }))
}

async fn subscribe(store: &EventStore, tenant: &str, step: &Value) -> Outcome {
    let take = step["take"].as_u64().expect("how many");
    let wanted = Subscribe::new(tenant)
        .from(nonce(&step["from_nonce"]))
        .prefix(text(&step["events"]["prefix"]));
    let mut subscription = store.subscribe(&wanted).await?;
    let mut events = Vec::new();
    if step["slow"] == true {
        events.extend(subscription.next().await?);
    }
    for inner in step["during"].as_array().into_iter().flatten() {
        let done = run_boxed(store, tenant, inner);
        done.await
            .unwrap_or_else(|wrong| panic!("{inner}: {wrong}"));
    }
    while (events.len() as u64) < take {
        events.extend(subscription.next().await?);
    }
    Ok(events.iter().map(case_event).collect())
}

fn run_boxed<'a>(
    store: &'a EventStore,
    tenant: &'a str,
    step: &'a Value,
) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
    Box::pin(run_step(store, tenant, step))
}

fn nonce(value: &Value) -> u64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    text.or(value.as_u64()).unwrap_or(0)
}

/// Bytes as cases write them.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
