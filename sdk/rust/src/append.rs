use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::wire;

/// An event to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Everything that the event says of itself. Tenant, aggregate and nonce are the append's to say.
    pub meta: wire::EventMetadata,
    /// What happened, in bytes of the content type.
    pub payload: Vec<u8>,
}

impl NewEvent {
    /// An event of any content. No other event of the tenant may have its id.
    #[must_use]
    pub fn new(
        event_id: impl Into<String>,
        event_type: impl Into<String>,
        content_type: impl Into<String>,
        payload: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            meta: wire::EventMetadata {
                event_id: event_id.into(),
                event_type: event_type.into(),
                event_version: 1,
                content_type: content_type.into(),
                timestamp_unix_ms: now_unix_ms(),
                ..Default::default()
            },
            payload: payload.into(),
        }
    }

    /// An event that says JSON.
    #[must_use]
    pub fn json(
        event_id: impl Into<String>,
        event_type: impl Into<String>,
        json: impl Into<String>,
    ) -> Self {
        Self::new(
            event_id,
            event_type,
            "application/json",
            json.into().into_bytes(),
        )
    }

    /// Version of what it says. Begins as 1.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.meta.event_version = version;
        self
    }

    /// To which business action it belongs, and what caused it.
    #[must_use]
    pub fn correlated(mut self, correlation: impl Into<String>, cause: impl Into<String>) -> Self {
        self.meta.correlation_id = correlation.into();
        self.meta.causation_id = cause.into();
        self
    }

    /// What else programs say beside it.
    #[must_use]
    pub fn headers(mut self, headers: HashMap<String, String>) -> Self {
        self.meta.headers = headers;
        self
    }
}

/// Events for one aggregate, all or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    tenant_id: String,
    aggregate_type: String,
    aggregate_id: String,
    expected: u64,
    idempotency_key: String,
    events: Vec<NewEvent>,
}

impl Append {
    /// For an aggregate that does not exist yet, unless [`Append::expecting`] says otherwise.
    #[must_use]
    pub fn new(
        tenant_id: impl Into<String>,
        aggregate_type: impl Into<String>,
        aggregate_id: impl Into<String>,
    ) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            aggregate_type: aggregate_type.into(),
            aggregate_id: aggregate_id.into(),
            expected: 0,
            idempotency_key: String::new(),
            events: Vec::new(),
        }
    }

    /// The nonce of the aggregate's last event as it was read; 0: it must not exist.
    #[must_use]
    pub fn expecting(mut self, last_nonce: u64) -> Self {
        self.expected = last_nonce;
        self
    }

    /// Makes it happen once however often it is sent. Without a key it is known by its content.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = key.into();
        self
    }

    /// Adds an event behind the others.
    #[must_use]
    pub fn event(mut self, event: NewEvent) -> Self {
        self.events.push(event);
        self
    }

    /// Numbers the events on from the expected head.
    pub(crate) fn request(&self) -> wire::AppendRequest {
        let numbered = self.events.iter().zip(1_u64..).map(|(event, place)| {
            let mut meta = event.meta.clone();
            meta.aggregate_nonce = self.expected.saturating_add(place);
            wire::EventData {
                meta: Some(meta),
                payload: event.payload.clone(),
            }
        });
        wire::AppendRequest {
            tenant_id: self.tenant_id.clone(),
            aggregate_id: self.aggregate_id.clone(),
            aggregate_type: self.aggregate_type.clone(),
            expected_aggregate_nonce: self.expected,
            idempotency_key: self.idempotency_key.clone(),
            events: numbered.collect(),
        }
    }
}

/// Where an append has led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Of the aggregate's last event.
    pub last_aggregate_nonce: u64,
    /// Of the same event, in its tenant.
    pub last_global_nonce: u64,
}

fn now_unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |duration| {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    })
}
