//! The schedule and the pages of one appointment.
