//! What gRPC carries in `grpc-status-details-bin`: the messages of `google.rpc` that matter here.

use std::collections::HashMap;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<prost_types::Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub reason: String,
    #[prost(string, tag = "2")]
    pub domain: String,
    #[prost(map = "string, string", tag = "3")]
    pub metadata: HashMap<String, String>,
}

impl RpcStatus {
    /// The first detail of a type; none for bytes that are none.
    pub(crate) fn detail<M: prost::Message + Default>(&self, type_name: &str) -> Option<M> {
        let suffix = format!("/{type_name}");
        let any = self
            .details
            .iter()
            .find(|any| any.type_url.ends_with(&suffix))?;
        M::decode(any.value.as_slice()).ok()
    }
}
