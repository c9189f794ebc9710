use std::fmt;

use prost::Message;
use tonic::{Code, Status};

use crate::rpc_status::{ErrorInfo, RpcStatus};
use crate::wire;

/// Why there is no answer.
#[derive(Debug)]
pub enum Error {
    /// The aggregate does not stand where the append expects it: read again, decide again, append again.
    Conflict {
        /// Of the aggregate's last event; 0: there is none.
        actual_last_aggregate_nonce: u64,
        /// Of the tenant's last event.
        actual_last_global_nonce: u64,
        /// What else the server said.
        refusal: Refusal,
    },
    /// The server refused.
    Refused(Refusal),
    /// There is no connection, or none any more. An append may have happened: sent again as it is, it happens once.
    Transport(Box<dyn std::error::Error + Send + Sync>),
    /// The endpoint or the credential is none.
    Invalid(String),
}

/// What the server said when it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// gRPC's status code.
    pub code: Code,
    /// Which refusal it is, for programs: `EVENT_ALREADY_EXISTS`. Empty when the server named none.
    pub reason: String,
    /// One sentence.
    pub message: String,
    /// What to do next. May be empty.
    pub hint: String,
    /// By which the server's log names the call. May be empty.
    pub request_id: String,
}

impl Error {
    /// Whether the same call may succeed when it is made again as it is.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Refused(refusal) => match refusal.code {
                Code::Unavailable | Code::DeadlineExceeded => true,
                // Too much at this moment, unless it is too much for one message.
                Code::ResourceExhausted => refusal.reason != "MESSAGE_TOO_LARGE",
                _ => false,
            },
            Self::Conflict { .. } | Self::Invalid(_) => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { refusal, .. } | Self::Refused(refusal) => {
                write!(f, "{}", refusal.message)?;
                if refusal.hint.is_empty() {
                    return Ok(());
                }
                write!(f, " {}", refusal.hint)
            }
            Self::Transport(cause) => write!(f, "no connection to the event store: {cause}"),
            Self::Invalid(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(cause) => Some(cause.as_ref()),
            _ => None,
        }
    }
}

impl From<tonic::transport::Error> for Error {
    fn from(error: tonic::transport::Error) -> Self {
        Self::Transport(Box::new(error))
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let details = RpcStatus::decode(status.details()).unwrap_or_default();
        let info: Option<ErrorInfo> = details.detail("google.rpc.ErrorInfo");
        // Without our details it was no server of ours that spoke, but what lies between.
        let has_cause = std::error::Error::source(&status).is_some();
        if info.is_none() && (has_cause || status.code() == Code::Unavailable) {
            return Self::Transport(Box::new(status));
        }
        let mut info = info.unwrap_or_default();
        let refusal = Refusal {
            code: status.code(),
            reason: info.reason,
            message: status.message().to_owned(),
            hint: info.metadata.remove("hint").unwrap_or_default(),
            request_id: info.metadata.remove("request_id").unwrap_or_default(),
        };
        let heads: Option<wire::ConcurrencyErrorDetail> =
            details.detail("eventstore.v1.ConcurrencyErrorDetail");
        match heads {
            Some(heads) => Self::Conflict {
                actual_last_aggregate_nonce: heads.actual_last_aggregate_nonce,
                actual_last_global_nonce: heads.actual_last_global_nonce,
                refusal,
            },
            None => Self::Refused(refusal),
        }
    }
}
