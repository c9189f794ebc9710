use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::Request;

use crate::append::{Append, Appended};
use crate::error::Error;
use crate::subscription::{Subscribe, Subscription};
use crate::wire::event_store_client::EventStoreClient;
use crate::{wire, Event};

/// Messages as long as the server sends them.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A connection to an event store. Cheap to clone; clones share the connection.
#[derive(Clone, Debug)]
pub struct EventStore {
    client: EventStoreClient<Channel>,
    authorization: Option<MetadataValue<Ascii>>,
    actor: Option<MetadataValue<Ascii>>,
}

impl EventStore {
    /// Connects to a server: `http://localhost:50051`.
    ///
    /// # Errors
    /// [`Error::Transport`] when nobody answers there.
    pub async fn connect(endpoint: impl Into<String>) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(endpoint.into())
            .map_err(|error| Error::Invalid(format!("the endpoint is none: {error}")))?;
        Ok(Self::over(endpoint.connect().await?))
    }

    /// Speaks over a channel that is there: with TLS, time-outs, or whatever else `tonic` can do.
    #[must_use]
    pub fn over(channel: Channel) -> Self {
        let client = EventStoreClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Self {
            client,
            authorization: None,
            actor: None,
        }
    }

    /// The same store, asked with an API key or a token.
    ///
    /// # Errors
    /// [`Error::Invalid`] for text that no header can carry.
    pub fn with_credential(mut self, credential: &str) -> Result<Self, Error> {
        let mut authorization = header(&format!("Bearer {credential}"))?;
        // What prints a store, or a request, says that there is one.
        authorization.set_sensitive(true);
        self.authorization = Some(authorization);
        Ok(self)
    }

    /// The same store, asked in somebody's name: `user:alice`. For servers that trust their clients,
    /// and for credentials that may speak for others.
    ///
    /// # Errors
    /// [`Error::Invalid`] for text that no header can carry.
    pub fn with_actor(mut self, actor: &str) -> Result<Self, Error> {
        self.actor = Some(header(actor)?);
        Ok(self)
    }

    /// Appends, all or nothing. Sent again as it is, it happens once.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the aggregate stands elsewhere; [`Error::Refused`], [`Error::Transport`].
    pub async fn append(&self, append: &Append) -> Result<Appended, Error> {
        let request = self.request(append.request());
        let answer = self.client.clone().append(request).await?.into_inner();
        Ok(Appended {
            last_aggregate_nonce: answer.last_aggregate_nonce,
            last_global_nonce: answer.last_global_nonce,
        })
    }

    /// One page of an aggregate; one that does not exist reads as empty.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Transport`].
    pub async fn read_stream(&self, read: &Read) -> Result<Page, Error> {
        let request = self.request(read.0.clone());
        let page = self.client.clone().read_stream(request).await?.into_inner();
        Ok(Page {
            events: page.events,
            is_end: page.is_end,
            next_from: page.next_from_aggregate_nonce,
        })
    }

    /// All that a read leads to, page after page.
    ///
    /// # Errors
    /// As [`EventStore::read_stream`].
    pub async fn read_to_end(&self, read: &Read) -> Result<Vec<Event>, Error> {
        let mut read = read.clone();
        let mut events = Vec::new();
        loop {
            let page = self.read_stream(&read).await?;
            events.extend(page.events);
            if page.is_end {
                return Ok(events);
            }
            read = read.from(page.next_from);
        }
    }

    /// Events from a global nonce on, and then as they are appended.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Transport`].
    pub async fn subscribe(&self, subscribe: &Subscribe) -> Result<Subscription, Error> {
        let request = self.request(subscribe.0.clone());
        let answer = self.client.clone().subscribe(request).await?;
        let next = subscribe.0.from_global_nonce.max(1);
        Ok(Subscription::new(answer.into_inner(), next))
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        if let Some(authorization) = &self.authorization {
            metadata.insert("authorization", authorization.clone());
        }
        if let Some(actor) = &self.actor {
            metadata.insert("x-actor", actor.clone());
        }
        request
    }
}

/// Which events of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Read(wire::ReadStreamRequest);

impl Read {
    /// Forward from the first event.
    #[must_use]
    pub fn new(tenant_id: impl Into<String>, aggregate_id: impl Into<String>) -> Self {
        Self(wire::ReadStreamRequest {
            tenant_id: tenant_id.into(),
            aggregate_id: aggregate_id.into(),
            from_aggregate_nonce: 0,
            max_count: 0,
            forward: true,
        })
    }

    /// Inclusive; 0: the first event, or backward the last.
    #[must_use]
    pub fn from(mut self, aggregate_nonce: u64) -> Self {
        self.0.from_aggregate_nonce = aggregate_nonce;
        self
    }

    /// The newest first.
    #[must_use]
    pub fn backward(mut self) -> Self {
        self.0.forward = false;
        self
    }

    /// Events of a page; 0: as many as the server likes.
    #[must_use]
    pub fn page_of(mut self, events: u32) -> Self {
        self.0.max_count = events;
        self
    }
}

/// One page of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// In the order of the read.
    pub events: Vec<Event>,
    /// Nothing follows.
    pub is_end: bool,
    /// What to ask for next: at the end of a forward read, the last nonce + 1.
    pub next_from: u64,
}

fn header(text: &str) -> Result<MetadataValue<Ascii>, Error> {
    text.parse()
        .map_err(|_| Error::Invalid("no header can carry that text".to_owned()))
}
