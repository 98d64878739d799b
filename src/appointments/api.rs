//! What staff does with appointments.
