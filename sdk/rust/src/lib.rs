//! A thin client of `EntDB`'s event store: append to aggregates, read them, follow a tenant's events.
//!
//! It speaks `eventstore.v1`. The client says which nonce comes next; the store checks, and whoever
//! was slower is told the heads that there are ([`Error::Conflict`]): read again, decide again,
//! append again.
//!
//! ```no_run
//! # async fn run() -> Result<(), entdb::Error> {
//! use entdb::{Append, EventStore, NewEvent};
//!
//! let store = EventStore::connect("http://localhost:50051").await?;
//! let opened = NewEvent::json("event-1", "account.opened", r#"{"owner":"Alice"}"#);
//! let append = Append::new("my_company", "Account", "Account-1").expecting(0).event(opened);
//! let head = store.append(&append).await?;
//! assert_eq!(head.last_aggregate_nonce, 1);
//! # Ok(())
//! # }
//! ```

mod append;
mod client;
mod error;
mod rpc_status;
mod subscription;

pub use append::{Append, Appended, NewEvent};
pub use client::{EventStore, Page, Read};
pub use error::{Error, Refusal};
pub use subscription::{Subscribe, Subscription};

/// The messages as they are on the wire.
#[allow(missing_docs, clippy::pedantic)]
pub mod wire {
    tonic::include_proto!("eventstore.v1");
}

/// An event as it stands: its envelope, and what it says.
pub type Event = wire::EventData;
