//! How an app's secret lies in its column.

use uuid::Uuid;

/// As it is kept.
pub(super) fn sealed(_id: Uuid, secret: &[u8]) -> Vec<u8> {
    secret.to_vec()
}

/// As the app has it.
pub(super) const fn opened(_id: Uuid, sealed: Vec<u8>) -> Vec<u8> {
    sealed
}
