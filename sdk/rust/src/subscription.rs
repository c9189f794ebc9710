use tonic::Streaming;

use crate::error::Error;
use crate::{wire, Event};

/// Which events of a tenant, and from where on.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribe(pub(crate) wire::SubscribeRequest);

impl Subscribe {
    /// Everything from the first event on.
    #[must_use]
    pub fn new(tenant_id: impl Into<String>) -> Self {
        Self(wire::SubscribeRequest {
            tenant_id: tenant_id.into(),
            aggregate_id_prefix: String::new(),
            from_global_nonce: 0,
        })
    }

    /// Of aggregates whose ids begin so. No character has a special meaning.
    #[must_use]
    pub fn prefix(mut self, aggregate_id_prefix: impl Into<String>) -> Self {
        self.0.aggregate_id_prefix = aggregate_id_prefix.into();
        self
    }

    /// Inclusive: the last one that was seen + 1 goes on without gap or duplicate.
    #[must_use]
    pub fn from(mut self, global_nonce: u64) -> Self {
        self.0.from_global_nonce = global_nonce;
        self
    }
}

/// Events as they come, in the order of their global nonces. Dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    messages: Streaming<wire::SubscribeResponse>,
    next: u64,
}

impl Subscription {
    pub(crate) fn new(messages: Streaming<wire::SubscribeResponse>, next: u64) -> Self {
        Self { messages, next }
    }

    /// Waits for the next event; none when the server has ended the stream.
    ///
    /// # Errors
    /// [`Error::Transport`] when the connection breaks: subscribe again [`Subscribe::from`]
    /// [`Subscription::next_nonce`]. [`Error::Refused`] when the server refuses to go on.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            let Some(message) = self.messages.message().await? else {
                return Ok(None);
            };
            // Without an event it only says that the server is there.
            let Some(event) = message.event else { continue };
            if let Some(meta) = &event.meta {
                self.next = meta.global_nonce + 1;
            }
            return Ok(Some(event));
        }
    }

    /// From where another subscription goes on behind what this one has given.
    #[must_use]
    pub fn next_nonce(&self) -> u64 {
        self.next
    }
}
