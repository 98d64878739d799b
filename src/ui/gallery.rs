//! Every part of the kit in every state.
