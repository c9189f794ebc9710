//! Whether what came is what a case expects. Of an object only what is named is looked at; lists must be whole
//! and in order.

use entdb::{Appended, Event};
use serde_json::{json, Value};

/// What is otherwise, as "path: …"; none when all is as expected.
pub fn difference(expected: &Value, actual: &Value, path: &str) -> Option<String> {
    match expected {
        Value::Object(members) => {
            if members.contains_key("$any") {
                return actual.is_null().then(|| format!("{path}: is not there"));
            }
            if let Some(ends) = members.get("$numbers") {
                return difference(&numbers(&ends[0], &ends[1]), actual, path);
            }
            members.iter().find_map(|(name, member)| {
                difference(member, &actual[name], &format!("{path}.{name}"))
            })
        }
        Value::Array(items) => {
            let found = actual.as_array().filter(|found| found.len() == items.len());
            let Some(found) = found else {
                return Some(otherwise(expected, actual, path));
            };
            let mut pairs = items.iter().zip(found).enumerate();
            pairs.find_map(|(at, (item, one))| difference(item, one, &format!("{path}[{at}]")))
        }
        plain => (plain != actual).then(|| otherwise(expected, actual, path)),
    }
}

/// From the first to the last one, up or down.
fn numbers(first: &Value, last: &Value) -> Value {
    let (first, last) = (number(first), number(last));
    if first <= last {
        return (first..=last).collect();
    }
    (last..=first).rev().collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn otherwise(expected: &Value, actual: &Value, path: &str) -> String {
    let shown = |value: &Value| value.to_string().chars().take(400).collect::<String>();
    format!(
        "{path}: expected {}, got {}",
        shown(expected),
        shown(actual)
    )
}

/// Of a result only one member: of each item of a list, or of a page's events.
pub fn only_member(result: Value, member: &Value) -> Value {
    let Some(name) = member.as_str() else {
        return result;
    };
    match result {
        Value::Array(items) => items.iter().map(|item| item[name].clone()).collect(),
        mut page => {
            page["events"] = only_member(page["events"].take(), member);
            page
        }
    }
}

/// An event as cases see it.
pub fn case_event(event: &Event) -> Value {
    let meta = event.meta.clone().expect("an event has an envelope");
    let data = match meta.content_type.as_str() {
        "application/json" => serde_json::from_slice(&event.payload).expect("it says JSON"),
        _ => Value::Null,
    };
    json!({
        "id": meta.event_id,
        "type": meta.event_type,
        "version": meta.event_version,
        "aggregate": meta.aggregate_id,
        "aggregate_type": meta.aggregate_type,
        "nonce": meta.aggregate_nonce,
        "global": meta.global_nonce,
        "recorded": said(meta.recorded_time_unix_ms),
        "timestamp": said(meta.timestamp_unix_ms),
        "data": data,
        "payload": super::calls::base64(&event.payload),
        "content_type": meta.content_type,
        "content_schema": meta.content_schema,
        "correlation_id": meta.correlation_id,
        "causation_id": meta.causation_id,
        "actor_id": meta.actor_id,
        "headers": meta.headers,
    })
}

fn said(time: u64) -> Value {
    if time == 0 {
        Value::Null
    } else {
        time.into()
    }
}

/// Where an append of so many events has led, as cases see it.
pub fn case_appended(aggregate: &Value, appended: Appended, events: u64) -> Value {
    json!([{
        "aggregate": aggregate,
        "first": appended.last_aggregate_nonce + 1 - events,
        "last": appended.last_aggregate_nonce,
        "first_global": appended.last_global_nonce + 1 - events,
        "last_global": appended.last_global_nonce,
    }])
}
